"""Count votes: the answer that most of several replies give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.final_answer import final_number, final_text, normal_form

__all__ = ["Tally", "ballot", "vote"]


@dataclass(frozen=True, slots=True)
class Tally:
    """The result of a vote.

    Args:
        winner: the answer with most votes; None where nobody voted.
        votes: the count of each answer, most first.
        tied: the answers that share the first place, where there are several; empty otherwise.
        abstained: how many gave no answer.
    """

    winner: str | None
    votes: dict[str, int]
    tied: tuple[str, ...] = ()
    abstained: int = 0


def ballot(text: str) -> str | None:
    r"""What a reply votes for: its final number, else its final words in normal form; None where there is nothing.

    Example:
        >>> ballot("12 and 30 make 42.\nA: 42"), ballot("The answer is Blue."), ballot("")
        ('42', 'blue', None)
    """
    number = final_number(text)
    return str(number) if number is not None else normal_form(final_text(text)) or None


def vote(ballots: Iterable[str | None]) -> Tally:
    """The plurality among the ballots that name an answer.

    A tie is stated and goes to the answer that sorts first, so that the order of the ballots never matters.

    Example:
        >>> vote(["42", "41", "42", None])
        Tally(winner='42', votes={'42': 2, '41': 1}, tied=(), abstained=1)
    """
    cast = list(ballots)
    counts = Counter(answer for answer in cast if answer is not None)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    first = tuple(answer for answer, count in ranked if count == ranked[0][1])
    return Tally(
        winner=first[0] if first else None,
        votes=dict(ranked),
        tied=first if len(first) > 1 else (),
        abstained=cast.count(None),
    )
