"""A kind of tool that people would define, as data."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NUMBER_NAMES", "Concept", "concept"]

NUMBER_NAMES = (
    *(("a", "b"), ("x", "y"), ("first", "second"), ("left", "right"), ("m", "n"), ("p", "q"), ("i", "j")),
    *(("num1", "num2"), ("n1", "n2"), ("one", "other"), ("value", "amount"), ("u", "v"), ("lhs", "rhs")),
)


@dataclass(frozen=True, slots=True)
class Concept:
    """A kind of tool; every field but the kinds and the result holds alternatives.

    Args:
        names: of the tool.
        kinds: of its arguments: `int`, `num`, `city`, `country`, `name`, `noun`, `topic`, `language`, or `word` (made
            up).
        parameters: the arguments' names.
        descriptions: what the tool does.
        questions: what it answers; `{0}` stands for the first argument.
        result: how its answer is made.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    parameters: tuple[tuple[str, ...], ...]
    descriptions: tuple[str, ...]
    questions: tuple[str, ...]
    result: str


def concept(names: str, kinds: str, parameters: str, descriptions: str, questions: str, result: str) -> Concept:
    """A concept from lists in strings: names and kinds between spaces, the others between bars."""
    listed = tuple(tuple(group.split()) for group in parameters.split("|")) if parameters else NUMBER_NAMES
    return Concept(
        tuple(names.split()),
        tuple(kinds.split()),
        listed if kinds else ((),),
        tuple(part.strip() for part in descriptions.split("|")),
        tuple(part.strip() for part in questions.split("|")),
        result,
    )
