"""A prompt with the notebook's values in it: `{{x}}`, loops and conditions of Jinja, sandboxed.

Single braces stay as they are, so that code and JSON can be pasted; a name that is not there is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from workbench.errors import PromptError, nearest

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["render"]

_MARKS: Final = ("{{", "{%")
_RAW: Final = "{% raw %}{{as it is}}{% endraw %} keeps double braces."


def render(template: str, names: Mapping[str, Any]) -> str:
    """The prompt with every `{{expression}}` replaced by its value as text.

    Args:
        template: the text of a cell or line.
        names: the notebook's names. Templates may read them and call their methods, not change them.

    Raises:
        PromptError: an undefined name (with the nearest ones), a template that cannot be read, or an expression that
            fails or is not allowed.

    Example:
        >>> render("Add {{a}} and {{b}}: {just braces}", {"a": 2, "b": 3})
        'Add 2 and 3: {just braces}'
    """
    if not any(mark in template for mark in _MARKS):
        return template
    from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError, UndefinedError

    try:
        compiled, wanted = _compiled(template)
        return compiled.render({name: names[name] for name in wanted if name in names})
    except TemplateSyntaxError as error:
        raise PromptError(f"The prompt's line {error.lineno} cannot be read: {error.message}.", hint=_RAW) from None
    except UndefinedError as error:
        raise _undefined(template, names, error.message or "") from None
    except SecurityError as error:
        raise PromptError(
            f"The prompt asks for what a template may not do: {error.message}.",
            hint="compute it in a cell of its own and put the result in: {{result}}",
        ) from None
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise PromptError(
            f"The prompt cannot be rendered: {type(error).__name__}: {error}.",
            hint="compute it in a cell of its own and put the result in: {{result}}",
        ) from None


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        comment_start_string="{{#",  # a lone `{#` is common in text and code
        comment_end_string="#}}",
    )


@lru_cache(maxsize=256)
def _compiled(template: str) -> tuple[Template, frozenset[str]]:
    """The template and the names that it asks the notebook for: a notebook can have thousands."""
    from jinja2 import meta

    wanted = frozenset(meta.find_undeclared_variables(_environment().parse(template)))
    return _environment().from_string(template), wanted


def _undefined(template: str, names: Mapping[str, Any], message: str) -> PromptError:
    _, wanted = _compiled(template)
    name = next((name for name in wanted - set(names) if message == f"{name!r} is undefined"), None)
    if name is None:
        return PromptError(f"The prompt has an undefined value: {message}.", hint=_RAW)
    public = [known for known in names if not known.startswith("_")]
    return PromptError(
        f"The prompt has the undefined name {name!r}. {nearest(name, public)}".rstrip(),
        hint=f"set it in a cell above ({name} = …), or keep the braces: {{% raw %}}{{{{{name}}}}}{{% endraw %}}",
    )
