"""Reservoir sampling as arrays: a uniform sample of everything seen, in constant memory, inside jit."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PRNGKeyArray, PyTree, Shaped

__all__ = ["Reservoir", "draw", "empty", "insert"]


class Reservoir(NamedTuple):
    """A buffer of M slots.

    Args:
        rows: a pytree of arrays whose first axis is the slots (inputs, labels, logits, … of a row lie in one slot).
        seen: how many rows were offered so far (int32: at most 2,147,483,647).
    """

    rows: PyTree[Shaped[Array, "slots ..."]]
    seen: Int[Array, ""]


def empty(capacity: int, like: PyTree[Shaped[Array, "rows ..."]]) -> Reservoir:
    """A buffer of `capacity` slots for rows shaped and typed as those of `like`."""
    rows = jax.tree.map(lambda leaf: jnp.zeros((capacity, *leaf.shape[1:]), leaf.dtype), like)
    return Reservoir(rows, jnp.zeros((), jnp.int32))


def insert(
    buffer: Reservoir,
    rows: PyTree[Shaped[Array, "rows ..."]],
    valid: Bool[Array, " rows"],
    key: PRNGKeyArray,
) -> Reservoir:
    """Offers rows one after another, all at once.

    The c-th row ever offered (c = 0, 1, …) goes to slot c while c < M; after that j is drawn from {0, …, c} and the row
    replaces slot j if j < M, else it is dropped. So after n rows each of them is kept with probability min(1, M/n).
    Where two rows of one call meet in a slot the later one stays, as if they had been offered singly.

    Args:
        buffer: the buffer so far.
        rows: the rows offered, a pytree of the buffer's structure.
        valid: which rows are real; the others are neither stored nor counted.
        key: draws the slots.

    Reference:
        Jeffrey S. Vitter, Random Sampling with a Reservoir, ACM TOMS 11(1), 1985 (algorithm R).
    """
    capacity = jax.tree.leaves(buffer.rows)[0].shape[0]
    order = jnp.arange(valid.shape[0])
    count = buffer.seen + jnp.cumsum(valid) - 1
    drawn = jax.random.randint(key, valid.shape, 0, jnp.maximum(count, 0) + 1)
    slot = jnp.where(count < capacity, count, drawn)
    slot = jnp.where(valid & (slot < capacity), slot, capacity)  # capacity is outside: dropped
    later = (slot[None, :] == slot[:, None]) & (order[None, :] > order[:, None])
    slot = jnp.where(later.any(axis=1), capacity, slot)  # JAX leaves the order of duplicate writes open: keep one
    kept = jax.tree.map(lambda old, new: old.at[slot].set(new, mode="drop"), buffer.rows, rows)
    return Reservoir(kept, buffer.seen + valid.sum(dtype=jnp.int32))


def draw(
    buffer: Reservoir, rows: int, key: PRNGKeyArray
) -> tuple[PyTree[Shaped[Array, "rows ..."]], Bool[Array, " rows"]]:
    """Rows from the filled slots, uniform with replacement, and whether each is real (none is while it is empty)."""
    capacity = jax.tree.leaves(buffer.rows)[0].shape[0]
    filled = jnp.minimum(buffer.seen, capacity)
    slot = jax.random.randint(key, (rows,), 0, jnp.maximum(filled, 1))
    return jax.tree.map(lambda leaf: leaf[slot], buffer.rows), jnp.broadcast_to(filled > 0, (rows,))
