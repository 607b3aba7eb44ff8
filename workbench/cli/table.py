"""Rows as text: aligned columns for people, JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

__all__ = ["as_json", "as_table", "printable"]

_WIDEST: Final = 60
# C0 and C1 controls but tab and line feed, and the characters that turn the direction of writing around
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def as_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, widest: int = _WIDEST) -> str:
    """Aligned columns under their names; numbers to the right; an unknown value is left empty.

    Args:
        rows: each with values by column name.
        columns: which, and in which order.
        widest: a longer value is cut, with an ellipsis.

    Example:
        >>> print(as_table([{"name": "a", "n": 10}, {"name": "bc", "n": None}], ["name", "n"]))
        name   n
        a     10
        bc
    """
    right = {name for name in columns if any(_is_number(row.get(name)) for row in rows)}
    lines = [list(columns), *([_word(row.get(name), widest) for name in columns] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return "\n".join(_line(line, widths, [name in right for name in columns]) for line in lines)


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """A JSON array with an object for every row; times in ISO form, an unknown value as null."""
    return json.dumps([dict(row) for row in rows], indent=2, ensure_ascii=False, default=_plain)


def printable(text: str) -> str:
    """The text with control characters, by which it could steer a terminal, as U+FFFD; lines and tabs stay.

    Example:
        >>> printable("red \x1b[31m")
        'red \ufffd[31m'
    """
    return _CONTROL.sub("\ufffd", text)


def _line(words: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        word.rjust(width) if to_right else word.ljust(width)
        for word, width, to_right in zip(words, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _word(value: Any, widest: int) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    text = " ".join(printable(str(value)).split())
    return text if len(text) <= widest else text[: widest - 1] + "…"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value)
