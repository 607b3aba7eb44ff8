"""The sign-flip test of paired differences: McNemar's test for items that were answered several times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np

__all__ = ["sign_flip"]

_EXACT: Final = 50_000  # the longest table of sums that is counted out
_DRAWS: Final = 100_000


def sign_flip(differences: Sequence[Fraction], seed: int = 0) -> tuple[float, bool]:
    """The two-sided p-value of paired differences, if each could as well have had the other sign.

        T = |Σᵢ dᵢ|,  p = P(|Σᵢ ±dᵢ| ≥ T)   over all 2ᵐ choices of signs

    With differences of −1, 0 and 1 this is McNemar's exact test. The sums are counted out where the differences have a
    small common denominator, as shares of repetitions have; otherwise 100,000 choices are drawn.

    Args:
        differences: one for each item.
        seed: of the draws.

    Returns:
        p, and whether it is exact.

    Raises:
        nothing.

    Example:
        >>> sign_flip([Fraction(1)] * 10 + [Fraction(-1)] * 2)
        (0.03857421875, True)

    Reference: Fisher, "The Design of Experiments", 1935, section 21.

    Departures: none.
    """
    moved = [difference for difference in differences if difference]
    if not moved:
        return 1.0, True
    scale = math.lcm(*(difference.denominator for difference in moved))
    steps = [int(abs(difference) * scale) for difference in moved]
    observed, reach = abs(int(sum(moved) * scale)), sum(steps)
    if reach > _EXACT:
        return _drawn(np.array([float(difference) for difference in moved]), seed), False
    chances = np.zeros(2 * reach + 1)  # chances[reach + s] is that of the sum s
    chances[reach] = 1.0
    for step in steps:
        chances = (np.roll(chances, step) + np.roll(chances, -step)) / 2  # what wraps around is zero
    sums = np.abs(np.arange(-reach, reach + 1))
    return min(1.0, float(chances[sums >= observed].sum())), True


def _drawn(differences: np.ndarray, seed: int) -> float:
    generator = np.random.default_rng(seed)
    observed = abs(float(differences.sum()))
    slack = 1e-12 * float(np.abs(differences).sum())
    extreme, block = 0, max(1, 1_000_000 // len(differences))
    for start in range(0, _DRAWS, block):
        count = min(block, _DRAWS - start)
        signs = generator.integers(0, 2, size=(count, len(differences))) * 2 - 1
        extreme += int((np.abs(signs @ differences) >= observed - slack).sum())
    return (extreme + 1) / (_DRAWS + 1)
