"""Experience replay from a buffer with the same room for every class or every task."""

from __future__ import annotations

from typing import Any, Literal

import jax.numpy as jnp

from workbench.continual.batch import Batch, concatenate
from workbench.continual.buffers.groups import Groups, draw_grouped, empty_groups, insert_grouped
from workbench.continual.moment import Moment
from workbench.continual.strategies.strategy import Strategy
from workbench.errors import OptionError
from workbench.papers import Paper

__all__ = ["balanced_replay"]


def balanced_replay(
    capacity: int = 200,
    rows: int = 32,
    *,
    by: Literal["class", "task"] = "class",
    ring: bool = False,
    share: Literal["rows", "tasks"] = "rows",
) -> Strategy:
    """Experience replay from one reservoir, or one ring, for each class or task.

    For each batch B of the stream:
        B_M ← `rows` draws with replacement from the memory M = ⋃_g M_g (none while M is empty)
        θ   ← θ − η ∇ mean over B ∪ B_M of −log p_θ(y | x)                              rows
        θ   ← θ − η ∇ (1/t · mean over B + (1 − 1/t) · mean over B_M of −log p_θ(y | x))  tasks, in task t (from 1)
        M_g ← reservoir (or ring) update of M_g with the rows of B in group g, for each g

    Args:
        capacity: rows that the memory holds, at least one for each group; every group has an equal part from the start.
        rows: rows drawn at each step, 1 or more.
        by: `class` or `task`.
        ring: keep the latest rows of each group instead of a uniform sample.
        share: `rows`: each row of the memory counts as one of the batch. `tasks`: the batch is one part and each task
            before it another; rows are drawn from those alone, so the groups must be tasks.

    Raises:
        OptionError: a value that is not allowed.

    Example:
        >>> balanced_replay(100, by="task").name
        'task-balanced-replay-100'

    Reference:
        Arslan Chaudhry et al., On Tiny Episodic Memories in Continual Learning, arXiv:1902.10486 (ring buffer for each
        class; reservoirs in place of the rings by default). `share="tasks"`: Gido van de Ven, Tinne Tuytelaars, Andreas
        Tolias, Three types of incremental learning, Nature Machine Intelligence 4, 2022, and its code.

    Departures:
        The room of classes that are yet to come stays empty, so early tasks have less than the whole memory.
    """
    if capacity < 1 or rows < 1 or by not in ("class", "task"):
        raise OptionError(
            f"balanced_replay was given capacity={capacity!r}, rows={rows!r}, by={by!r}; allowed are 1 or more and"
            " 'class' or 'task'.",
            hint="balanced_replay(capacity=200, rows=32, by='class')",
        )
    if share not in (("rows", "tasks") if by == "task" else ("rows",)):
        raise OptionError(
            f"balanced_replay was given share={share!r}, by={by!r}; allowed are 'rows', and 'tasks' by 'task'.",
            hint="balanced_replay(by='task', share='tasks')",
        )

    def init(network: Any, example: Batch, now: Moment) -> Groups:
        groups = now.heads.shape[1 if by == "class" else 0]
        return empty_groups(capacity, groups, (example.x, example.y, example.task))

    def with_memory(memory: Groups, batch: Batch, now: Moment) -> Batch:
        (x, y, task), real = draw_grouped(memory, rows, now.key, now.task if share == "tasks" else None)
        drawn = Batch(x, y, real.astype(jnp.float32), task)
        if share == "tasks":
            part, own = (rows + batch.weight.sum()) / (now.task + 1), jnp.maximum(batch.weight.sum(), 1.0)
            batch = batch._replace(weight=batch.weight * part / own)
            drawn = drawn._replace(weight=drawn.weight * part * now.task / rows)
        return concatenate(batch, drawn)

    def remember(memory: Groups, network: Any, batch: Batch, now: Moment) -> Groups:
        group = batch.y if by == "class" else batch.task
        return insert_grouped(memory, (batch.x, batch.y, batch.task), group, batch.weight > 0, now.key, ring=ring)

    return Strategy(
        f"{by}-{'ring' if ring else 'balanced'}-replay-{capacity}" + ("-by-tasks" if share == "tasks" else ""),
        {"capacity": capacity, "rows": rows, "buffer": f"{'rings' if ring else 'reservoirs'} by {by}", "share": share},
        init=init,
        rows=with_memory,
        after_step=remember,
        paper=Paper("On Tiny Episodic Memories in Continual Learning", "Chaudhry et al.", 2019, "1902.10486"),
    )
