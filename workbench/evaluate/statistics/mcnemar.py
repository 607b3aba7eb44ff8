"""McNemar's exact test: do two programs differ on the same items?"""

from __future__ import annotations

import math

from workbench.errors import OptionError

__all__ = ["mcnemar"]


def mcnemar(only_first: int, only_second: int) -> float:
    """The two-sided p-value that the items solved by only one of two programs fall on either side by chance.

        b, c = items that only the first, only the second solved;  n = b + c
        p = min(1, 2 Σ_{k ≤ min(b, c)} C(n, k) / 2ⁿ)

    Args:
        only_first: b, 0 or more.
        only_second: c, 0 or more.

    Returns:
        p; 1 where they never differ.

    Raises:
        OptionError: a negative count.

    Example:
        >>> round(mcnemar(10, 2), 4)
        0.0386

    Reference: McNemar, "Note on the Sampling Error of the Difference Between Correlated Proportions or Percentages",
    Psychometrika 12, 1947; the exact form is the binomial test.

    Departures: none.
    """
    if only_first < 0 or only_second < 0:
        raise OptionError(f"mcnemar was given {only_first!r} and {only_second!r}; allowed are counts, 0 or more.")
    n = only_first + only_second
    tail = sum(math.comb(n, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**n)  # whole numbers until the division, so that no n is too large
