"""Numeric: the number that the answer ends in is the expected one."""

from __future__ import annotations

from fractions import Fraction

from workbench.evaluate.sample import Sample
from workbench.evaluate.score import Score
from workbench.evaluate.scorer import scorer
from workbench.final_answer import final_number
from workbench.messages import Answer, Json

__all__ = ["numeric"]


@scorer
def numeric(answer: Answer, sample: Sample, *, tolerance: float = 0.0) -> Score:
    """Whether the final number of the answer is the target's, within the tolerance.

        |number(answer) − number(target)| ≤ tolerance

    The final number is the first one after the last marker (`A:`, `####`, `the answer is`, …), or the last number where
    there is no marker; `workbench.final_answer` says what is read. Numbers are compared exactly, as fractions.

    Args:
        answer: its `value` counts where its kind is `value`, otherwise its text.
        sample: with a target that is a number or ends in one, such as a worked solution.
        tolerance: the largest difference that passes, 0 or more.

    Returns:
        True or False; False with a reason where the answer has no number; missing where the target has none.

    Raises:
        nothing.

    Example:
        >>> numeric(Answer("6 boxes of 7 make 42 apples."), Sample("a", "How many?", "#### 42")).value
        True

    Reference: Cobbe et al., "Training Verifiers to Solve Math Word Problems", arXiv 2110.14168 (GSM8K's final answers).

    Departures: any marker counts, and the last number where there is none.
    """
    target = _number(sample.target)
    if target is None:
        return Score(None, f"the target of sample {sample.id!r} has no number: {sample.target!r}")
    if answer.kind not in ("text", "value", "set"):
        return Score(False, f"the program gave a non-answer: {answer.kind}")
    given = _number(answer.value if answer.kind == "value" else answer.text)
    if given is None:
        return Score(False, "the answer has no number")
    return Score(abs(given - target) <= Fraction(str(tolerance)))


def _number(value: Json) -> Fraction | None:
    return None if value is None or isinstance(value, bool) else final_number(str(value))
