"""What a docstring says: the first paragraph, and each parameter's description."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

__all__ = ["description_of", "parameter_descriptions"]

Style: TypeAlias = Literal["sphinx", "numpy", "google"]

_MARKS: Final[dict[Style, re.Pattern[str]]] = {
    "sphinx": re.compile(r"^[ \t]*:(?:param|parameter|arg|argument)\b", re.MULTILINE),
    "numpy": re.compile(r"^[ \t]*(?:Other )?Parameters[ \t]*\n[ \t]*-{3,}", re.MULTILINE),
    "google": re.compile(r"^[ \t]*(?:Args|Arguments|Params|Parameters):[ \t]*$", re.MULTILINE),
}


def description_of(docstring: str) -> str:
    """The first paragraph, on one line.

    Example:
        >>> description_of("Adds two\\nnumbers.\\n\\nAnd more.")
        'Adds two numbers.'
    """
    return " ".join(re.split(r"\n\s*\n", docstring.strip(), maxsplit=1)[0].split())


def parameter_descriptions(docstring: str) -> dict[str, str]:
    """Each described parameter's words; Google, NumPy and Sphinx styles are told apart.

    Example:
        >>> parameter_descriptions("Adds.\\n\\n:param a: the first")
        {'a': 'the first'}
    """
    style: Style | None = next((style for style, mark in _MARKS.items() if mark.search(docstring)), None)
    if style is None:
        return {}
    import griffe  # 0.2 s: only for a tool whose docstring describes parameters

    options = {"warnings": False}  # that a parameter has no type in the docstring: its hint has it
    sections = griffe.Docstring(docstring).parse(style, **options)
    return {
        parameter.name: " ".join(parameter.description.split())
        for section in sections
        if isinstance(section, griffe.DocstringSectionParameters)
        for parameter in section.value
        if parameter.description
    }
