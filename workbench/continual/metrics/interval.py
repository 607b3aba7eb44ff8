"""A mean over seeds with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

__all__ = ["Interval", "t_interval"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean of `n` values between two bounds; what is unknown is None, and `reason` says why."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str | None = None


def t_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """mean ± t(n−1, (1+confidence)/2) · s / √n, with s the standard deviation over n−1.

    The bounds are for the mean over further seeds, on the assumption that seeds vary about normally; they may pass
    what the values can be.

    Args:
        values: one per seed; NaN for a seed where the measure is undefined.
        confidence: above 0 and below 1.

    Returns:
        The mean and its bounds; no bounds for one value, nothing for none.

    Example:
        >>> i = t_interval([0.1, 0.2, 0.3]); round(i.low, 4), round(i.high, 4)
        (-0.0484, 0.4484)
        >>> t_interval([0.5]).reason
        'one seed has no interval'
    """
    known = np.asarray([value for value in values if np.isfinite(value)], float)
    if not len(known):
        return Interval(None, None, None, 0, "undefined for one task" if len(values) else "no seed finished")
    mean = float(known.mean())
    if len(known) == 1:
        return Interval(mean, None, None, 1, "one seed has no interval")
    half = float(stats.t.ppf((1 + confidence) / 2, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known)))
    return Interval(mean, mean - half, mean + half, len(known))
