"""Continual learning: streams of tasks, strategies against forgetting, and the engine that runs them.

`run(split(digits()), [naive(), replay(200)], seeds=3)` learns, measures and stores. The names are looked up on first
use, so that importing this folder does not import JAX. All streams are in
`workbench.continual.streams`, all strategies in `workbench.continual.strategies`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.continual.divergence import DivergenceError
    from workbench.continual.experiment import run
    from workbench.continual.live_matrix import LiveMatrix
    from workbench.continual.progress import Bar, Progress
    from workbench.continual.recipe import Recipe
    from workbench.continual.result import Result
    from workbench.continual.strategies import Strategy, compose, cumulative, ewc, grid, joint, naive, replay
    from workbench.continual.streams import Labelled, Stream, digits, permuted, split, stream_of
    from workbench.continual.tuning import tune

__all__ = [
    "Bar",
    "DivergenceError",
    "Labelled",
    "LiveMatrix",
    "Progress",
    "Recipe",
    "Result",
    "Strategy",
    "Stream",
    "compose",
    "cumulative",
    "digits",
    "ewc",
    "grid",
    "joint",
    "naive",
    "permuted",
    "replay",
    "run",
    "split",
    "stream_of",
    "tune",
]

_HOMES = {
    "Bar": "progress",
    "DivergenceError": "divergence",
    "Labelled": "streams",
    "LiveMatrix": "live_matrix",
    "Progress": "progress",
    "Recipe": "recipe",
    "Result": "result",
    "Strategy": "strategies",
    "Stream": "streams",
    "compose": "strategies",
    "cumulative": "strategies",
    "digits": "streams",
    "ewc": "strategies",
    "grid": "strategies",
    "joint": "strategies",
    "naive": "strategies",
    "permuted": "streams",
    "replay": "strategies",
    "run": "experiment",
    "split": "streams",
    "stream_of": "streams",
    "tune": "tuning",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
