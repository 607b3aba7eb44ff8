"""Templates that somebody else may have written: they read values, and call next to nothing."""

from __future__ import annotations

from pathlib import Path
from types import BuiltinMethodType, MethodType, ModuleType
from typing import Any, Final, final

from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from workbench.prompts.picture import Picture, as_picture

__all__ = ["MAY_CALL", "SharedEnvironment", "picture_in_hand"]

MAY_CALL: Final = (
    "range, loop, namespace, its own macros, and what texts, lists and dictionaries can do, such as "
    "name.upper() and table.items()"
)
_PLAIN: Final = (str, dict, list, tuple, int, float)  # exactly these: a subclass may do anything
_FORMATTING: Final = ("format", "format_map")  # read attributes by names that stand in the text


@final
class SharedEnvironment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which a template may call only `MAY_CALL`, and look into no module.

    What is called is judged when it is called, by what it is: under whatever name a template has put it, it stays the
    same thing.
    """

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether a template may call this."""
        if obj is self.globals["range"] or obj is Namespace or type(obj) in (Macro, LoopContext):
            return True
        if type(obj) is MethodType:
            return type(obj.__self__) is LoopContext
        plain = type(obj) is BuiltinMethodType and type(obj.__self__) in _PLAIN
        return plain and obj.__name__ not in _FORMATTING

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read this: no name with an underscore before it, and nothing of a module."""
        return not isinstance(obj, ModuleType) and super().is_safe_attribute(obj, attr, value)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Calls what a template may call.

        Raises:
            SecurityError: it may not.
        """
        if not self.is_safe_callable(obj):
            name = getattr(obj, "__qualname__", None) or type(obj).__qualname__
            raise SecurityError(f"it calls {name!s:.80}")
        return super().call(context, obj, *args, **kwargs)


def picture_in_hand(value: Any) -> Picture:
    """The filter `image` of such a template: a picture that the notebook has, not a file that the template names.

    Raises:
        SecurityError: a path.
    """
    if isinstance(value, str | Path):
        raise SecurityError(f"it reads the file {str(value)!r:.80}")
    return as_picture(value)
