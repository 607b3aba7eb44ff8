"""Forgetting: how far each earlier task fell from its best."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

__all__ = ["forgetting"]


def forgetting(R: Float[np.ndarray, "tasks tasks"]) -> float:
    """F = mean over j < T−1 of (max over l < T−1 of R[l, j]) − R[T−1, j].

    The best is taken over the rows before the last, so a task that is best at the very end has negative forgetting.
    Libraries differ: some use the first value instead of the best (which is −backward transfer), some include the last
    row in the maximum (never negative).

    Args:
        R: R[i, j] is the accuracy on task j after learning task i; 0 to 1.

    Returns:
        −1 to 1; NaN for a single task, which nothing can make forgotten.

    Example:
        >>> forgetting(np.array([[0.9, 0.0, 0.0], [0.5, 1.0, 0.0], [0.6, 0.8, 1.0]]))
        0.25

    Reference:
        Arslan Chaudhry et al., Riemannian Walk for Incremental Learning: Understanding Forgetting and Intransigence,
        arXiv:1801.10112.

    Departures:
        None.
    """
    tasks = len(R)
    if tasks < 2:
        return math.nan
    return float(np.mean([R[:-1, j].max() - R[-1, j] for j in range(tasks - 1)]))
