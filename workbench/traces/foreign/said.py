"""What a foreign span says: its attributes, taken one by one, so that nothing is kept twice and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from workbench.messages import Json

__all__ = ["Said", "members", "parsed"]


class Said:
    """The attributes of a span; what a reader understands it takes, and what nobody takes stays in `left`.

    Several names of one method are spellings of the same thing, the newest first. All spellings that say the same are
    taken; one that says something else, or has another type than asked for, stays.

    Args:
        attributes: by their dotted names.

    Example:
        >>> said = Said({"gen_ai.usage.prompt_tokens": 7, "http.status": 200})
        >>> said.whole("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"), said.left
        (7, {'http.status': 200})
    """

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        self.left: dict[str, Any] = dict(attributes)

    def text(self, *names: str) -> str | None:
        """A text that is not empty."""
        return self._take(names, _words)

    def whole(self, *names: str) -> int | None:
        """A count; a whole float or digits are one too."""
        return self._take(names, _whole)

    def number(self, *names: str) -> float | None:
        """A number."""
        return self._take(names, _number)

    def json(self, *names: str) -> Json:
        """A value that is spelt as JSON text, or is there as it is; text that is no JSON stays text."""
        return self._take(names, parsed)

    def rows(self, prefix: str) -> list[dict[str, Any]]:
        """The members of a list that is spelt `prefix.0.name`, `prefix.1.name`, …, in order."""
        found = members(self.left, prefix)
        if found:
            start = f"{prefix}."
            self.left = {
                key: value
                for key, value in self.left.items()
                if not (key.startswith(start) and key[len(start) :].partition(".")[0].isdigit())
            }
        return found

    def drop(self, *names: str) -> None:
        """Takes what another attribute says already."""
        for name in names:
            self.left.pop(name, None)

    def put(self, name: str, value: Json) -> None:
        """Says something under the name that the conventions give it, unless that is said already."""
        if value is not None:
            self.left.setdefault(name, value)

    def _take(self, names: Sequence[str], convert: Any) -> Any:
        found: Any = None
        for name in names:
            value = convert(self.left.get(name))
            if value is not None and (found is None or found == value):
                found = value
                del self.left[name]
        return found


def members(attributes: Mapping[str, Any], prefix: str) -> list[dict[str, Any]]:
    """The members of a list that flat attributes spell `prefix.0.name`, in order, without the prefix.

    Example:
        >>> members({"a.1.x": 2, "a.0.x": 1, "a.0.y.z": 3}, "a")
        [{'x': 1, 'y.z': 3}, {'x': 2}]
    """
    rows: dict[int, dict[str, Any]] = {}
    start = f"{prefix}."
    for key, value in attributes.items():
        if key.startswith(start):
            index, _, rest = key[len(start) :].partition(".")
            if index.isdigit():
                rows.setdefault(int(index), {})[rest] = value
    return [rows[index] for index in sorted(rows)]


def parsed(value: Any) -> Json:
    """JSON text as its value; anything else, and text that is no JSON, as it is.

    Example:
        >>> parsed('{"a": 1}'), parsed("a word"), parsed((1, 2))
        ({'a': 1}, 'a word', [1, 2])
    """
    if isinstance(value, tuple):
        return list(cast("tuple[Any, ...]", value))
    if not isinstance(value, str) or value.lstrip()[:1] not in tuple('{["'):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _words(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None
