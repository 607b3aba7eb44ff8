"""Backward transfer: what later tasks did to each earlier one."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

__all__ = ["backward_transfer"]


def backward_transfer(R: Float[np.ndarray, "tasks tasks"]) -> float:
    """BWT = mean over j < T−1 of R[T−1, j] − R[j, j].

    Args:
        R: R[i, j] is the accuracy on task j after learning task i; 0 to 1.

    Returns:
        −1 to 1, negative where later tasks harmed; NaN for a single task.

    Example:
        >>> backward_transfer(np.array([[1.0, 0.0], [0.25, 1.0]]))
        -0.75

    Reference:
        David Lopez-Paz and Marc'Aurelio Ranzato, Gradient Episodic Memory for Continual Learning, arXiv:1706.08840.
    """
    return float(np.mean((R[-1] - np.diag(R))[:-1])) if len(R) > 1 else math.nan
