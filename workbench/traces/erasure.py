"""Erasure: what is to be cut out of text that was written already."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from workbench.errors import OptionError
from workbench.messages import Json
from workbench.traces.redaction import REDACTED, redact

__all__ = ["Erasure"]

_SHORTEST: Final = 4
_BRIEF: Final = "*"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Literal texts, regular expressions and keys, each match of which becomes `[redacted]`.

    Args:
        texts: cut out wherever they stand, of at least 4 characters.
        patterns: regular expressions of Python's `re`.
        keys: also values of key variables and what has the shape of a key.

    Raises:
        OptionError: a text that is too short, a pattern that is wrong, or one that would match nothing at all or the
            word `[redacted]` itself.

    Example:
        >>> Erasure(patterns=(r"[a-z]+@example\\.org",)).text("write to ada@example.org")
        'write to [redacted]'
    """

    texts: Sequence[str] = ()
    patterns: Sequence[str] = ()
    keys: bool = False
    marker: str = REDACTED
    _compiled: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        words = [_literal(text) for text in sorted(self.texts, key=len, reverse=True)]
        expressions = [_expression(pattern) for pattern in self.patterns]
        if words or expressions:
            joined = re.compile("|".join(f"(?:{one})" for one in [*words, *expressions]))
            if joined.search(REDACTED):
                raise OptionError(
                    f"What is to be redacted matches {REDACTED!r}, which stands for what was cut out.",
                    hint="name a longer text, or a pattern that matches less",
                )
            object.__setattr__(self, "_compiled", joined)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be cut out."""
        return self._compiled is None and not self.keys

    def brief(self) -> Erasure:
        """The same with `*` as marker, which is never longer than what it stands for."""
        return replace(self, marker=_BRIEF)

    def text(self, text: str) -> str:
        """The text without what is to be cut out."""
        if self._compiled is not None:
            text = self._compiled.sub(lambda _: self.marker, text)
        if self.keys:
            text = redact(text)
            if self.marker != REDACTED:
                text = text.replace(REDACTED, self.marker)
        return text

    def values(self, value: Json) -> Json:
        """A JSON value with its strings, its objects' names and its numbers cut; a number that matches becomes text."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            pairs = cast("Mapping[str, Any]", value)
            return {self.text(name): self.values(item) for name, item in pairs.items()}
        if isinstance(value, list):
            return [self.values(item) for item in cast("list[Any]", value)]
        if self._compiled is not None and isinstance(value, int | float) and not isinstance(value, bool):
            return self.marker if self._compiled.search(repr(value)) else value
        return value

    def json(self, text: str) -> str:
        """JSON text with its values cut; unchanged, to the byte, where there is nothing to cut."""
        try:
            before = json.loads(text)
        except ValueError:
            return self.text(text)
        after = self.values(before)
        return text if after == before else json.dumps(after, ensure_ascii=False, separators=(",", ":"))

    def found(self, text: str) -> Iterator[str]:
        """What would be cut out of this text by the texts and patterns, in order."""
        if self._compiled is not None:
            yield from (match.group() for match in self._compiled.finditer(text))


def _literal(text: str) -> str:
    if len(text) < _SHORTEST:
        raise OptionError(
            f"A text of {len(text)} characters would be cut out of ordinary words.",
            hint=f"give at least {_SHORTEST} characters, or a pattern with its surroundings",
        )
    return re.escape(text)


def _expression(pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise OptionError(
            f"{pattern!r} is no regular expression: {error}.", hint=r"--pattern '[\w.]+@example\.org'"
        ) from None
    if compiled.search(""):
        raise OptionError(f"The pattern {pattern!r} matches an empty text, so it would cut everywhere.")
    return pattern
