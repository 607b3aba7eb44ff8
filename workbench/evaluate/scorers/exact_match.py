"""Exact match: the answer is one of the expected ones, word for word."""

from __future__ import annotations

from typing import cast

from workbench.evaluate.sample import Sample
from workbench.evaluate.score import Score
from workbench.evaluate.scorer import scorer
from workbench.final_answer import final_text, normal_form
from workbench.messages import Answer, Json

__all__ = ["exact_match"]


@scorer
def exact_match(answer: Answer, sample: Sample, *, verbatim: bool = False) -> Score:
    """Whether the answer equals the target, or one of the targets where there are several in a list.

    Compared are the final words (after a marker such as `A:`, or all) without case, edges and spacing, numbers by
    value. With `verbatim`, the whole text as it is.

    Args:
        answer: its `value` counts where its kind is `value`, otherwise its text.
        sample: with the target.
        verbatim: compare character for character.

    Returns:
        True or False; False with a reason for a non-answer; missing where the sample has no target.

    Raises:
        nothing.

    Example:
        >>> exact_match(Answer("The answer is Blue."), Sample("a", "Which colour?", "blue")).value
        True

    Reference: none; as "exact match" is used for question answering since SQuAD (Rajpurkar et al., arXiv 1606.05250).

    Departures: articles inside the answer are kept.
    """
    if sample.target is None:
        return Score(None, f"sample {sample.id!r} has no target")
    if answer.kind not in ("text", "value", "set"):
        return Score(False, f"the program gave a non-answer: {answer.kind}")
    given = str(answer.value) if answer.kind == "value" else answer.text
    target: Json = sample.target
    targets = cast("list[Json]", target) if isinstance(target, list) else [target]
    if verbatim:
        return Score(given in map(str, targets))
    return Score(normal_form(final_text(given)) in {normal_form(str(target)) for target in targets})
