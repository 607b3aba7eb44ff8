"""TRACE's measures of a language model that learns tasks in turn: of the tasks, and of what it could do before."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

__all__ = ["ability_delta", "overall_performance", "transfer_to_earlier"]


def overall_performance(R: Float[np.ndarray, "tasks tasks"]) -> float:
    """OP_T = (1 / T) Σ_{j ≤ T} R[T, j]: the mean score of all tasks after the last.

    Args:
        R: R[i, j] is the score on task j after learning task i.

    Example:
        >>> overall_performance(np.array([[0.8, 0.0], [0.4, 1.0]]))
        0.7

    Reference:
        Xiao Wang et al., TRACE: A Comprehensive Benchmark for Continual Learning in Large Language Models,
        arXiv:2310.06762.

    Departures:
        None.
    """
    return float(R[-1].mean())


def transfer_to_earlier(R: Float[np.ndarray, "tasks tasks"]) -> float:
    """BWT_T = (1 / T) Σ_{j ≤ T} (R[T, j] − R[j, j]); over all T tasks, where `backward_transfer` has T − 1.

    Args:
        R: R[i, j] is the score on task j after learning task i.

    Example:
        >>> transfer_to_earlier(np.array([[0.8, 0.0], [0.4, 1.0]]))
        -0.2

    Reference:
        Xiao Wang et al., TRACE: A Comprehensive Benchmark for Continual Learning in Large Language Models,
        arXiv:2310.06762.

    Departures:
        None.
    """
    return float((R[-1] - np.diag(R)).mean())


def ability_delta(before: Float[np.ndarray, " sets"], after: Float[np.ndarray, " sets"]) -> float:
    """ΔR_T = (1 / M) Σ_m (R_T,m − R_0,m): how an ability changed, over M sets of questions that are no tasks.

    With sets of general questions it is TRACE's general ability delta, with others its deltas of following
    instructions and of safety.

    Args:
        before: the score of each set before the first task.
        after: and after the last.

    Returns:
        −1 to 1, negative where ability was lost; NaN without sets.

    Example:
        >>> ability_delta(np.array([0.5, 1.0]), np.array([0.5, 0.5]))
        -0.25

    Reference:
        Xiao Wang et al., TRACE: A Comprehensive Benchmark for Continual Learning in Large Language Models,
        arXiv:2310.06762.

    Departures:
        None.
    """
    return float((np.asarray(after) - np.asarray(before)).mean()) if len(before) else math.nan
