"""Average accuracy over all tasks at the end of a stream."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["average_accuracy"]


def average_accuracy(R: Float[np.ndarray, "tasks tasks"]) -> float:
    """ACC = mean over j of R[T−1, j].

    Args:
        R: R[i, j] is the accuracy on task j after learning task i; 0 to 1.

    Example:
        >>> average_accuracy(np.array([[1.0, 0.0], [0.5, 1.0]]))
        0.75

    Reference:
        David Lopez-Paz and Marc'Aurelio Ranzato, Gradient Episodic Memory for Continual Learning, arXiv:1706.08840.
    """
    return float(R[-1].mean())
