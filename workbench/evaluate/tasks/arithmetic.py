"""Arithmetic: sums and differences of whole numbers, made from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from workbench.errors import OptionError
from workbench.evaluate.sample import Dataset, Sample

__all__ = ["WORDINGS", "arithmetic"]

WORDINGS: Final = {"+": "What is {a} + {b}?", "-": "What is {a} - {b}?"}


def arithmetic(
    n: int = 50, *, digits: int = 2, operations: Sequence[str] = ("+", "-"), wording: str | None = None, seed: int = 0
) -> Dataset:
    """n different problems; differences are never below zero.

    The id holds the problem, so that the same problem has the same id in every draw.

    Args:
        n: how many, 1 or more.
        digits: of both numbers, 1 to 9.
        operations: "+", "-" or both; drawn with equal chances.
        wording: with `{a}`, `{operation}` and `{b}`; by default "What is {a} + {b}?".
        seed: of the draw.

    Returns:
        samples with the result as target, and the operation and digits as metadata.

    Raises:
        OptionError: a number out of range, an unknown operation, or more problems than there are.

    Example:
        >>> data = arithmetic(2, seed=1)
        >>> data[0].id, data[0].input, data[0].target
        ('50+59', 'What is 50 + 59?', 109)
    """
    low, high = 10 ** (digits - 1) if digits > 1 else 0, 10**digits - 1
    if n < 1 or not 1 <= digits <= 9 or not operations or set(operations) - set(WORDINGS):
        raise OptionError(
            f"arithmetic was given n={n!r}, digits={digits!r}, operations={operations!r}; "
            "allowed are n of 1 or more, 1 to 9 digits, and the operations '+' and '-'.",
            hint="arithmetic(50, digits=2, operations=('+', '-'))",
        )
    numbers = high - low + 1
    there_are = {"+": numbers * numbers, "-": numbers * (numbers + 1) // 2}
    if n > sum(there_are[operation] for operation in set(operations)) // 2:
        raise OptionError(f"arithmetic was given n={n!r}; of {digits}-digit problems at most half are drawn.")
    samples: dict[str, Sample] = {}
    chance = random.Random(f"arithmetic/{digits}/{''.join(operations)}/{seed}")  # noqa: S311 - problems are no secrets
    while len(samples) < n:
        operation = chance.choice(list(operations))
        a, b = chance.randint(low, high), chance.randint(low, high)
        if operation == "-":
            a, b = max(a, b), min(a, b)
        name = f"{a}{operation}{b}"
        asked = (wording or WORDINGS[operation]).format(a=a, b=b, operation=operation)
        result = a + b if operation == "+" else a - b
        samples.setdefault(name, Sample(name, asked, result, {"operation": operation, "digits": digits}))
    return Dataset(f"arithmetic-{digits}", tuple(samples.values()), source=f"generated with seed {seed}")
