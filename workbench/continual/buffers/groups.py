"""A buffer with the same room for every group of rows: each class, or each task."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PRNGKeyArray, PyTree, Shaped

__all__ = ["Groups", "draw_grouped", "empty_groups", "insert_grouped"]


class Groups(NamedTuple):
    """A buffer of G · Q slots; group g owns the slots g·Q … (g+1)·Q − 1.

    Args:
        rows: a pytree of arrays whose first axis is the slots.
        seen: how many rows of each group were offered so far.
    """

    rows: PyTree[Shaped[Array, "slots ..."]]
    seen: Int[Array, " groups"]


def empty_groups(capacity: int, groups: int, like: PyTree[Shaped[Array, "rows ..."]]) -> Groups:
    """A buffer of at most `capacity` slots, as many for each group (one or more)."""
    quota = max(capacity // groups, 1)
    rows = jax.tree.map(lambda leaf: jnp.zeros((quota * groups, *leaf.shape[1:]), leaf.dtype), like)
    return Groups(rows, jnp.zeros((groups,), jnp.int32))


def insert_grouped(
    buffer: Groups,
    rows: PyTree[Shaped[Array, "rows ..."]],
    group: Int[Array, " rows"],
    valid: Bool[Array, " rows"],
    key: PRNGKeyArray,
    *,
    ring: bool = False,
) -> Groups:
    """Offers rows one after another, all at once, each to its group.

    The c-th row of a group goes to its slot c while there is room. After that, a ring overwrites its oldest row (slot
    c mod Q); else the group is a reservoir: j is drawn from {0, …, c}, and the row replaces slot j if j < Q. Where two
    rows of one call meet in a slot the later one stays.

    Args:
        buffer: the buffer so far.
        rows: the rows offered, a pytree of the buffer's structure.
        group: the group of each row.
        valid: which rows are real.
        key: draws the slots.
        ring: keep the latest rows instead of a uniform sample.
    """
    capacity = jax.tree.leaves(buffer.rows)[0].shape[0]
    quota, order = capacity // buffer.seen.shape[0], jnp.arange(group.shape[0])
    same = (group[None, :] == group[:, None]) & valid[None, :]
    count = buffer.seen[group] + (same & (order[None, :] < order[:, None])).sum(axis=1)
    drawn = jax.random.randint(key, group.shape, 0, count + 1)
    place = count % quota if ring else jnp.where(count < quota, count, drawn)
    slot = jnp.where(valid & (place < quota), group * quota + place, capacity)  # capacity is outside: dropped
    later = (slot[None, :] == slot[:, None]) & (order[None, :] > order[:, None])
    slot = jnp.where(later.any(axis=1), capacity, slot)  # JAX leaves the order of duplicate writes open: keep one
    kept = jax.tree.map(lambda old, new: old.at[slot].set(new, mode="drop"), buffer.rows, rows)
    return Groups(kept, buffer.seen.at[group].add(valid.astype(jnp.int32)))


def draw_grouped(
    buffer: Groups, rows: int, key: PRNGKeyArray, before: Int[Array, ""] | None = None
) -> tuple[PyTree[Shaped[Array, "rows ..."]], Bool[Array, " rows"]]:
    """Rows from the filled slots, uniform with replacement, and whether each is real (none is while it is empty).

    Args:
        buffer: what is drawn from.
        rows: how many.
        key: draws them.
        before: only groups of a lower number are drawn from.
    """
    capacity, groups = jax.tree.leaves(buffer.rows)[0].shape[0], buffer.seen.shape[0]
    quota = capacity // groups
    seen = buffer.seen if before is None else jnp.where(jnp.arange(groups) < before, buffer.seen, 0)
    filled = jnp.arange(capacity) % quota < jnp.repeat(seen, quota)
    total = filled.sum()
    number = jax.random.randint(key, (rows,), 0, jnp.maximum(total, 1))
    slot = jnp.searchsorted(jnp.cumsum(filled), number, side="right")
    return jax.tree.map(lambda leaf: leaf[slot], buffer.rows), jnp.broadcast_to(total > 0, (rows,))
