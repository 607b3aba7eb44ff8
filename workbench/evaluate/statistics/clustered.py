"""The interval of an accuracy whose items were answered several times."""

from __future__ import annotations

import math
from collections.abc import Sequence

from workbench.evaluate.statistics.wilson import Interval, wilson

__all__ = ["clustered_proportion"]


def clustered_proportion(items: Sequence[Sequence[bool]], confidence: float = 0.95) -> Interval:
    """Wilson's interval over items, with an effective size where items have repetitions.

    Repetitions of one item are not independent: ten answers to one question say little about other questions. So

        pᵢ = share of right answers to item i,   p = mean of pᵢ over the m items
        s² = Σᵢ (pᵢ − p)² / (m − 1)
        n* = p(1 − p) / (s²/m),  kept between m and the number of answers

    and the interval is Wilson's for p·n* of n*. With one answer an item, n* is m and this is Wilson's interval itself;
    where repetitions always agree, they add nothing; where they vary as if drawn afresh, they count in full.

    Args:
        items: for each item, its answers right or wrong; items without answers are left out.
        confidence: between 0 and 1.

    Returns:
        the interval, whose `n` is n*.

    Raises:
        OptionError: a confidence outside its range.

    Example:
        >>> clustered_proportion([[True], [False], [True]]).n
        3
        >>> clustered_proportion([[True, True], [False, False], [True, True]]).n
        3

    Reference: Korn and Graubard, "Confidence Intervals for Proportions with Small Expected Number of Positive Counts
    Estimated from Survey Data", Survey Methodology 24, 1998 (the effective sample size).

    Departures: Wilson's interval in place of Clopper and Pearson's; no correction for degrees of freedom; n* is never
    below the number of items.
    """
    shares = [sum(answers) / len(answers) for answers in items if answers]
    m, total = len(shares), sum(len(answers) for answers in items)
    if m == 0:
        return wilson(0, 0, confidence)
    p = math.fsum(shares) / m
    if total == m:
        return wilson(round(p * m), m, confidence)
    variance = math.fsum((share - p) ** 2 for share in shares) / (m - 1) if m > 1 else math.inf
    effective: float = m
    if 0 < p < 1:
        effective = total if variance == 0 else min(max(p * (1 - p) * m / variance, m), total)
    return wilson(min(p * effective, effective), effective, confidence)
