"""Finetuning: learn each task as it comes, and do nothing against forgetting."""

from __future__ import annotations

from workbench.continual.strategies.strategy import Strategy

__all__ = ["naive"]


def naive() -> Strategy:
    """Trains on each task in turn; the lower bound that other strategies are measured against.

    θ ← θ − η ∇ mean over the batch of −log p_θ(y | x).

    Example:
        >>> naive().name
        'naive'

    Departures:
        None; there is no paper to depart from.
    """
    return Strategy("naive", {})
