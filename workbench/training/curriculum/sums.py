"""Sums and differences of numbers below 100, asked directly in several wordings."""

from __future__ import annotations

import numpy as np

from workbench.messages import assistant, user
from workbench.training.curriculum.problem import Problem, Split, held_out
from workbench.training.curriculum.words import chance, number_pair, pick

__all__ = ["ADDITION", "SUBTRACTION", "UNSEEN_ADDITION", "UNSEEN_SUBTRACTION", "sum_problem"]

ADDITION = (
    "{a} + {b}",
    "{a} + {b} =",
    "{a}+{b}",
    "{a}+{b}=",
    "{a} plus {b}",
    "What is {a} + {b}?",
    "What is {a}+{b}?",
    "What is {a} plus {b}?",
    "What's {a} + {b}?",
    "How much is {a} + {b}?",
    "How much is {a} plus {b}?",
    "How much is {a} and {b} together?",
    "Add {a} and {b}.",
    "Add {a} to {b}.",
    "Compute {a} + {b}.",
    "Compute the sum of {a} and {b}.",
    "Calculate {a} + {b}.",
    "Calculate {a} plus {b}.",
    "What is the sum of {a} and {b}?",
    "What is the total of {a} and {b}?",
    "Find the sum of {a} and {b}.",
    "The sum of {a} and {b}",
    "Work out {a} plus {b}.",
    "Tell me {a} + {b}.",
    "What do you get when you add {a} and {b}?",
    "What do {a} and {b} make together?",
    "Can you add {a} and {b}?",
    "If I add {a} to {b}, what do I get?",
)
UNSEEN_ADDITION = (
    "Give me the sum of {a} and {b}.",
    "What does {a} + {b} equal?",
    "I need to know {a} plus {b}.",
    "Add together {a} and {b}.",
    "What is the result of {a} + {b}?",
)
SUBTRACTION = (
    "{a} - {b}",
    "{a} - {b} =",
    "{a}-{b}",
    "{a}-{b}=",
    "{a} minus {b}",
    "What is {a} - {b}?",
    "What is {a}-{b}?",
    "What is {a} minus {b}?",
    "What's {a} - {b}?",
    "How much is {a} - {b}?",
    "How much is {a} minus {b}?",
    "What is {a} less {b}?",
    "Subtract {b} from {a}.",
    "Take {b} away from {a}.",
    "Take {b} from {a}.",
    "Compute {a} - {b}.",
    "Compute {a} minus {b}.",
    "Calculate {a} - {b}.",
    "Calculate {a} minus {b}.",
    "Work out {a} minus {b}.",
    "Tell me {a} - {b}.",
    "What do you get when you subtract {b} from {a}?",
    "What is left when you take {b} from {a}?",
    "Can you subtract {b} from {a}?",
    "If I take {b} from {a}, what is left?",
)
UNSEEN_SUBTRACTION = (
    "Give me {a} minus {b}.",
    "What does {a} - {b} equal?",
    "I need to know {a} minus {b}.",
    "Subtract from {a} the number {b}.",
    "What is the result of {a} - {b}?",
)
ENDINGS = (" Answer with a number.", " Answer with the number only.", " Just the number, please.", " Be brief.")


def sum_problem(
    rng: np.random.Generator,
    split: Split,
    *,
    operation: str | None = None,
    unseen_wording: bool = False,
    low: int | None = None,
    one_digit: float = 0.0,
) -> Problem:
    """A sum or difference of two numbers that the model is to give at once.

    Args:
        rng: the draws.
        split: `train`, or `held_out`: one in ten of the unordered pairs of numbers.
        operation: `addition` or `subtraction`; either when None.
        unseen_wording: take a wording that no training problem has.
        low: the smallest number; when None, 10 for four problems in five and 0 for the others.
        one_digit: share of problems in which one number, or by chance both, is below 10 whatever `low` says.
    """
    operation = operation or pick(rng, ("addition", "subtraction"))
    if low is None:
        low = 0 if chance(rng, 0.2) else 10
    a, b = _one_digit_pair(rng, split) if one_digit and chance(rng, one_digit) else number_pair(rng, split, low)
    if operation == "subtraction" and a < b and chance(rng, 0.5):
        a, b = b, a
    seen, unseen = (ADDITION, UNSEEN_ADDITION) if operation == "addition" else (SUBTRACTION, UNSEEN_SUBTRACTION)
    question = pick(rng, unseen if unseen_wording else seen).format(a=a, b=b)
    if split == "train":
        question = vary(rng, question)
    return Problem(operation, (user(question),), assistant(str(a + b if operation == "addition" else a - b)))


def _one_digit_pair(rng: np.random.Generator, split: Split) -> tuple[int, int]:
    """A number below 10 and one below 10 or below 100, in either order."""
    while True:
        a, b = int(rng.integers(10)), int(rng.integers(10 if chance(rng, 0.3) else 100))
        if held_out(a, b) == (split == "held_out"):
            return (a, b) if chance(rng, 0.5) else (b, a)


def vary(rng: np.random.Generator, question: str) -> str:
    """The same question as another person would type it: case, closing mark, a request for brevity."""
    draw = rng.random()
    if draw < 0.1:
        question = question[0].lower() + question[1:]
    if draw < 0.05 or 0.1 < draw < 0.2:
        question = question.rstrip("?.")
    elif 0.2 < draw < 0.28 and question[-1] in "?.":
        question += pick(rng, ENDINGS)
    elif 0.28 < draw < 0.32 and question[0].isalpha():
        question = f"Please {question[0].lower()}{question[1:]}"
    return question
