"""Metrics over the accuracy matrix R[i, j], the accuracy on task j after learning task i, and their intervals."""

from workbench.continual.metrics.ability import ability_delta, overall_performance, transfer_to_earlier
from workbench.continual.metrics.average_accuracy import average_accuracy
from workbench.continual.metrics.backward_transfer import backward_transfer
from workbench.continual.metrics.flips import flips
from workbench.continual.metrics.forgetting import forgetting
from workbench.continual.metrics.forward_transfer import forward_transfer
from workbench.continual.metrics.incremental_accuracy import incremental_accuracy
from workbench.continual.metrics.interval import Interval, t_interval
from workbench.continual.metrics.intransigence import intransigence
from workbench.continual.metrics.probing import probing
from workbench.continual.metrics.summary import MATRIX, MEASURES, differences, per_seed, summarise
from workbench.continual.metrics.variants import FORGETTING

__all__ = [
    "FORGETTING",
    "MATRIX",
    "MEASURES",
    "Interval",
    "ability_delta",
    "average_accuracy",
    "backward_transfer",
    "differences",
    "flips",
    "forgetting",
    "forward_transfer",
    "incremental_accuracy",
    "intransigence",
    "overall_performance",
    "per_seed",
    "probing",
    "summarise",
    "t_interval",
    "transfer_to_earlier",
]
