"""Metrics over the accuracy matrix R[i, j], the accuracy on task j after learning task i, and their intervals."""

from workbench.continual.metrics.average_accuracy import average_accuracy
from workbench.continual.metrics.backward_transfer import backward_transfer
from workbench.continual.metrics.forgetting import forgetting
from workbench.continual.metrics.interval import Interval, t_interval
from workbench.continual.metrics.summary import MATRIX, MEASURES, differences, per_seed, summarise

__all__ = [
    "MATRIX",
    "MEASURES",
    "Interval",
    "average_accuracy",
    "backward_transfer",
    "differences",
    "forgetting",
    "per_seed",
    "summarise",
    "t_interval",
]
