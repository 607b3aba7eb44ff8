"""Alignment: which span of one trace corresponds to which of another, and how two texts differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, TypeAlias

from workbench.traces.questions.forest import Node

__all__ = ["aligned", "differences"]

_WORD: Final = re.compile(r"\w+|\s+|[^\w\s]")
_CELLS: Final = 1_000_000

Pair: TypeAlias = tuple[Node | None, Node | None]
Step: TypeAlias = tuple[tuple[int, ...], Node | None, Node | None]


def aligned(left: Sequence[Node], right: Sequence[Node]) -> Iterator[Step]:
    """Pairs the spans of two forests, in depth-first order, each with its place: the numbers of the pairs above it.

    Siblings are paired in order, so that as much as possible corresponds: two of the same name count 3, two of the same
    operation alone (another model, another tool) count 1 — the longest common subsequence, with weights. Only spans
    whose parents correspond can; what is below a span without a counterpart has none either.
    """
    stack = [_numbered((), left, right)]
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
            continue
        place, one, other = step
        yield place, one, other
        stack.append(_numbered(place, one.children if one else (), other.children if other else ()))


def _numbered(place: tuple[int, ...], left: Sequence[Node], right: Sequence[Node]) -> Iterator[Step]:
    for number, (one, other) in enumerate(_in_order(left, right)):
        yield (*place, number), one, other


def _in_order(left: Sequence[Node], right: Sequence[Node]) -> Iterator[Pair]:
    """Two lists of siblings, paired."""
    start = 0
    while start < min(len(left), len(right)) and _likeness(left[start], right[start]) == 3:
        yield left[start], right[start]
        start += 1
    left, right = left[start:], right[start:]
    if len(left) * len(right) > _CELLS:  # thousands of siblings that differ: one by one, as they come
        for number in range(max(len(left), len(right))):
            yield (left[number] if number < len(left) else None), (right[number] if number < len(right) else None)
        return
    yield from _best(left, right)


def _best(left: Sequence[Node], right: Sequence[Node]) -> Iterator[Pair]:
    best = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            likeness = _likeness(left[i], right[j])
            paired = best[i + 1][j + 1] + likeness if likeness else 0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < len(left) or j < len(right):
        likeness = _likeness(left[i], right[j]) if i < len(left) and j < len(right) else 0
        if likeness and best[i][j] == best[i + 1][j + 1] + likeness:
            yield left[i], right[j]
            i, j = i + 1, j + 1
        elif j == len(right) or (i < len(left) and best[i + 1][j] >= best[i][j + 1]):
            yield left[i], None
            i += 1
        else:
            yield None, right[j]
            j += 1


def _likeness(one: Node, other: Node) -> int:
    if one.row["operation"] != other.row["operation"]:
        return 0
    return 3 if one.row["name"] == other.row["name"] else 1


def differences(before: str, after: str) -> list[tuple[str, str, str]]:
    """How one text becomes the other, word by word; line by line where they are long.

    Returns:
        (`equal`, `replace`, `delete` or `insert`, the old words, the new words); the old ones joined give `before`, the
        new ones `after`.

    Example:
        >>> differences("It is five.", "It is six.")
        [('equal', 'It is ', 'It is '), ('replace', 'five', 'six'), ('equal', '.', '.')]
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) * len(new) > _CELLS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if len(old) * len(new) > _CELLS:
        return [("replace", before, after)]
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(step, "".join(old[i:j]), "".join(new[k:m])) for step, i, j, k, m in steps]
