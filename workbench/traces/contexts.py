"""Contexts: the lists of messages that calls read, of which the turns of a conversation share one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["Contexts", "Placed"]

_REMEMBERED: Final = 50_000


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a call's messages are: the first `length` of a context, of which those from `start` on are new."""

    context_id: str
    length: int
    start: int


@dataclass(slots=True)
class _Context:
    context_id: str
    hashes: list[str]


class Contexts:
    """Finds for a list of messages the context that begins with them, goes on with them, or has to be begun.

    A turn that reads what the last turn read, and more, makes that context longer; the same question asked again reads
    the same part of it. So a conversation of n turns takes 2n rows, not n². Where two lists part, the second one begins
    a context of its own.
    """

    def __init__(self) -> None:
        self._prefixes: dict[tuple[int, str], _Context] = {}  # by length and last message

    def clear(self) -> None:
        """Forgets all: what is placed next is new."""
        self._prefixes.clear()

    def place(self, hashes: list[str], span_id: str) -> Placed:
        """Places the messages with these hashes, in order; `span_id` names the context where one has to be begun."""
        context, known = self._longest(hashes)
        if context is None or known < min(len(hashes), len(context.hashes)):
            context, known = _Context(span_id, []), 0
        new = hashes[known:]
        if len(self._prefixes) + len(new) > _REMEMBERED:
            self._prefixes.clear()
        for length, last in enumerate(new, known + 1):
            self._prefixes[length, last] = context
        context.hashes += new
        return Placed(context.context_id, len(hashes), known)

    def _longest(self, hashes: list[str]) -> tuple[_Context | None, int]:
        """The context that shares the longest beginning, as far as it is found, and how long that is."""
        for length in range(len(hashes), 0, -1):
            context = self._prefixes.get((length, hashes[length - 1]))
            if context is not None and context.hashes[:length] == hashes[:length]:
                return context, length
        return None, 0
