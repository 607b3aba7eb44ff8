"""A prompt with the notebook's values in it: `{{x}}`, loops and conditions of Jinja, sandboxed.

Single braces stay as they are, so that code and JSON can be pasted; a name that is not there is an error. Frames become
tables, pictures become parts of the message, and `{{Err}}` is the last exception.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from workbench.errors import PromptError, nearest
from workbench.messages import Message, Part, Text
from workbench.prompts.last_error import last_error
from workbench.prompts.markdown_table import as_csv, as_markdown, as_schema, ending, excerpt, is_frame
from workbench.prompts.picture import Picture, as_picture, picture_of

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from jinja2.runtime import Context

__all__ = ["Rendered", "SharedTemplate", "names_in", "render", "render_parts"]

_MARKS: Final = ("{{", "{%")
_SEEN: Final = "\0pictures"  # no name that a template can write
_RAW: Final = "{% raw %}{{as it is}}{% endraw %} keeps double braces."


@final
class SharedTemplate(str):
    """A template that somebody else may have written, such as a saved prompt of a shared store.

    It reads the notebook's values, and may call only what `prompts.shared.MAY_CALL` says; it reads no names or
    attributes that begin with an underscore, nothing of a module, and no file.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt as it came out: texts and pictures, in order."""

    pieces: tuple[str | Picture, ...]

    @property
    def text(self) -> str:
        """All of it in words."""
        return "".join(piece if isinstance(piece, str) else f"[{piece.words}]" for piece in self.pieces)

    def message(self, images: bool) -> tuple[Message, int]:
        """The user's message, and how many pictures are words in it because they could not be shown or seen.

        Args:
            images: whether the model sees pictures.
        """
        parts: list[Part] = []
        words, told = "", 0
        for piece in self.pieces:
            if isinstance(piece, str):
                words += piece
            elif images and piece.image is not None:
                parts += [*([Text(words)] if words else []), piece.image]
                words = ""
            else:
                words += f"[{piece.words}]"
                told += 1
        if words or not parts:
            parts.append(Text(words))
        return Message("user", tuple(parts)), told


def render(template: str, names: Mapping[str, Any]) -> str:
    """The prompt with every `{{expression}}` replaced by its value as text; see `render_parts`.

    Example:
        >>> render("Add {{a}} and {{b}}: {just braces}", {"a": 2, "b": 3})
        'Add 2 and 3: {just braces}'
    """
    return render_parts(template, names).text


def names_in(template: str) -> frozenset[str]:
    """The names that a template asks for; none where it cannot be read."""
    from jinja2.exceptions import TemplateError

    try:
        return _compiled(template, False)[1]
    except TemplateError:
        return frozenset()


def render_parts(template: str, names: Mapping[str, Any]) -> Rendered:
    """The prompt with every `{{expression}}` replaced by its value.

    Frames become Markdown tables, pictures stay pictures; filters: `head(n)`, `tail(n)`, `table(rows)`, `csv`,
    `schema`, `image`. `Err` is the last exception with its traceback, unless the notebook has the name.

    Args:
        template: the text of a cell or line; of a `SharedTemplate` less is allowed.
        names: the notebook's names. Templates may read them and call their methods, not change them.

    Raises:
        PromptError: an undefined name (with the nearest ones), a template that cannot be read, or an expression that
            fails or is not allowed.
    """
    if not any(mark in template for mark in _MARKS):
        return Rendered((template,))
    is_shared = isinstance(template, SharedTemplate)
    try:
        compiled, wanted = _compiled(template, is_shared)
        if is_shared and (private := next((name for name in sorted(wanted) if name.startswith("_")), None)):
            raise _refused(f"it asks for {private}")
        values = {name: names[name] for name in wanted if name in names}
        if "Err" in wanted and "Err" not in values:
            values["Err"] = _last_error()
        values[_SEEN] = seen = _Seen()
        text = compiled.render(values)
        return Rendered(seen.pieces(text))
    except _faults() as error:
        raise _explained(template, names, error) from None


@lru_cache(maxsize=2)
def _environment(is_shared: bool) -> Environment:
    from jinja2 import StrictUndefined, pass_context
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from workbench.prompts.shared import SharedEnvironment, picture_in_hand

    environment = (SharedEnvironment if is_shared else ImmutableSandboxedEnvironment)(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        comment_start_string="{{#",  # a lone `{#` is common in text and code
        comment_end_string="#}}",
        finalize=pass_context(_shown_of_shared if is_shared else _shown),
    )
    environment.filters.update(
        {"head": excerpt, "tail": ending, "table": as_markdown, "csv": as_csv, "schema": as_schema}
    )
    environment.filters["image"] = picture_in_hand if is_shared else as_picture
    return environment


@dataclass(slots=True)
class _Seen:
    """The pictures of one prompt: a mark that no text has stands for each of them until all is text."""

    pictures: list[Picture] = field(default_factory=list[Picture])
    mark: str = ""

    def add(self, picture: Picture) -> str:
        self.mark = self.mark or str(secrets.randbits(64))
        self.pictures.append(picture)
        return f"\0{self.mark}:{len(self.pictures) - 1}\0"

    def pieces(self, text: str) -> tuple[str | Picture, ...]:
        if not self.pictures:
            return (text,)
        first, *rest = re.split(f"\0{self.mark}:(\\d+)\0", text)
        pieces: list[str | Picture] = [first]
        for number, words in zip(rest[::2], rest[1::2], strict=True):
            pieces += [self.pictures[int(number)], words]
        return tuple(piece for piece in pieces if piece != "") or ("",)


def _shown(context: Context, value: Any) -> Any:
    """What stands in the prompt for an expression's value."""
    if isinstance(value, str | int | float):
        return value
    if is_frame(value):
        return as_markdown(value)
    picture = value if isinstance(value, Picture) else picture_of(value)
    return value if picture is None else context[_SEEN].add(picture)


def _shown_of_shared(context: Context, value: Any) -> Any:
    """The same of a shared template, whose paths stay words: `{{ folder / name }}` may be any file."""
    return str(value) if isinstance(value, Path) else _shown(context, value)


def _last_error() -> str:
    error = last_error()
    if error is None:
        raise PromptError("The prompt has {{Err}}, and no cell has failed yet.", hint=_RAW)
    return error


@lru_cache(maxsize=256)
def _compiled(template: str, is_shared: bool) -> tuple[Template, frozenset[str]]:
    """The template and the names that it asks the notebook for: a notebook can have thousands."""
    from jinja2 import meta

    environment = _environment(is_shared)
    wanted = frozenset(meta.find_undeclared_variables(environment.parse(template)))
    compiled = environment.from_string(template)
    compiled.globals = dict(compiled.globals)  # each rendering copies it, and a chain of two takes ten times as long
    return compiled, wanted


def _faults() -> tuple[type[Exception], ...]:
    """What a template can fail with; asked for only when something is raised, as looking up Jinja's takes time."""
    from jinja2.exceptions import TemplateError

    return TemplateError, ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError


def _explained(template: str, names: Mapping[str, Any], error: Exception) -> PromptError:
    from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError

    if isinstance(error, TemplateSyntaxError):
        return PromptError(f"The prompt's line {error.lineno} cannot be read: {error.message}.", hint=_RAW)
    if isinstance(error, UndefinedError):
        return _undefined(template, names, error.message or "")
    if isinstance(error, SecurityError) and isinstance(template, SharedTemplate):
        return _refused((error.message or "").rstrip("."))
    if isinstance(error, SecurityError):
        problem = f"The prompt asks for what a template may not do: {error.message}."
    else:
        problem = f"The prompt cannot be rendered: {type(error).__name__}: {error}."
    return PromptError(problem, hint="compute it in a cell of its own and put the result in: {{result}}")


def _refused(what: str) -> PromptError:
    from workbench.prompts.shared import MAY_CALL

    return PromptError(
        f"The saved prompt asks for what only a cell's own text may: {what}. A saved prompt may be somebody else's: it "
        f"reads values and calls {MAY_CALL}.",
        hint="compute it in a cell of your own, and put {{result}} in the prompt; or read the prompt (%llm prompts "
        "NAME), and ask its text in a cell.",
    )


def _undefined(template: str, names: Mapping[str, Any], message: str) -> PromptError:
    _, wanted = _compiled(template, False)
    name = next((name for name in wanted - set(names) if message == f"{name!r} is undefined"), None)
    if name is None:
        return PromptError(f"The prompt has an undefined value: {message}.", hint=_RAW)
    public = [known for known in names if not known.startswith("_")]
    return PromptError(
        f"The prompt has the undefined name {name!r}. {nearest(name, public)}".rstrip(),
        hint=f"set it in a cell above ({name} = …), or keep the braces: {{% raw %}}{{{{{name}}}}}{{% endraw %}}",
    )
