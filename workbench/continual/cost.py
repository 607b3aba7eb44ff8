"""What a run of one strategy and seed costs: floating-point operations, as the compiler counts them."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp

from workbench.continual.engine import Learner

__all__ = ["flops_of_steps", "step_flops"]


def step_flops(program: Any) -> tuple[float, str | None]:
    """Operations of one step, and why they are unknown.

    A segment is a loop over steps, and XLA's analysis counts what is in a loop once. So a loop within a step counts
    once too, such as that of a memory over the rows offered to it.

    Args:
        program: a segment, lowered or compiled.

    Returns:
        The number, or NaN and a reason.
    """
    flops = (program.cost_analysis() or {}).get("flops", math.nan)
    if flops > 0:
        return float(flops), None
    return math.nan, f"the compiler for {jax.default_backend()!r} does not count operations"


def flops_of_steps(learner: Learner, tasks: int) -> tuple[float, str | None]:
    """Operations of all steps of a stream; tests and what a strategy does between tasks are not in it.

    Args:
        learner: of one strategy.
        tasks: of the stream.

    Returns:
        The number, or NaN and a reason.
    """
    if learner.program is None:  # where many lanes were compiled as one, one lane is only lowered
        key, number, hyper = jax.random.key(0), jnp.int32(0), learner.hyper()
        state = jax.eval_shape(learner.pure_start, key, hyper)
        learner.program = jax.jit(learner.pure_segment).lower(state, learner.data, number, key, hyper, number)
    each, reason = step_flops(learner.program)
    return each * sum(learner.steps(task) for task in range(tasks)), reason
