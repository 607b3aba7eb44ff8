"""Where learning stands: what every function of a strategy is told beside its own arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

__all__ = ["Moment"]


class Moment(NamedTuple):
    """One point of a run, inside jit.

    Args:
        key: fresh for this call; every draw comes from it.
        hyper: strengths by name; they are traced, so another value needs no new compilation.
        heads: the classes that are open at a row of each task; all of them unless the stream tells tasks or the recipe
            opens those seen so far.
        task: index of the task being learned.
        step: index of the step in this task, over all epochs.
        steps: how many steps this task has.
        epoch_steps: how many steps one pass over it has.
        training: False where test rows are predicted.
        gradient: in `after_step`, the gradient of the objective before the strategy changed it; else None.
        change: in `after_step`, what was added to the weights; else None.
    """

    key: PRNGKeyArray
    hyper: Mapping[str, Float[Array, ""]]
    heads: Bool[Array, "tasks classes"]
    task: Int[Array, ""]
    step: Int[Array, ""]
    steps: Int[Array, ""]
    epoch_steps: Int[Array, ""]
    training: bool = True
    gradient: Any = None
    change: Any = None
