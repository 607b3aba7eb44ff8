"""One trainer: packed batches, a jitted step, a schedule, checkpoints; and the curricula that it learns from.

The names are looked up on first use, so that importing this folder does not import JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.training.measure import answers
    from workbench.training.packing import Batch, pack
    from workbench.training.trainer import Progress, TrainingConfig, TrainingState, load_state, save_state, train

__all__ = [
    "Batch",
    "Progress",
    "TrainingConfig",
    "TrainingState",
    "answers",
    "load_state",
    "pack",
    "save_state",
    "train",
]

_HOMES = {"Batch": "packing", "pack": "packing", "answers": "measure"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'trainer')}"), name)
