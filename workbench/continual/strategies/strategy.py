"""What a continual-learning strategy is: a NamedTuple of pure functions that the engine calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from workbench.continual.batch import Batch

__all__ = ["Memory", "Strategy"]

Memory: TypeAlias = PyTree[Array]


def _nothing(network: eqx.Module, example: Batch) -> Memory:
    return ()


def _same_rows(memory: Memory, batch: Batch, key: PRNGKeyArray) -> Batch:
    return batch


def _no_term(network: Any, memory: Memory, rows: Batch, key: PRNGKeyArray) -> Float[Array, ""]:
    return jnp.zeros(())


def _same_gradient(gradient: Any, network: Any, memory: Memory, rows: Batch, key: PRNGKeyArray) -> Any:
    return gradient


def _same_memory(memory: Memory, network: Any, batch: Batch, key: PRNGKeyArray) -> Memory:
    return memory


def _logits(network: Any, memory: Memory, x: Float[Array, " rows *features"], task: Int[Array, " rows"]) -> Array:
    return network(x)


class Strategy(NamedTuple):
    """One algorithm of continual learning.

    At each step the engine computes, with k₁…k₄ fresh keys,

        rows   = rows(memory, batch, k₁)
        L(θ)   = cross-entropy of predict(θ, memory, ·) on rows + loss(θ, memory, rows, k₂)
        g      = gradient(∇L(θ), θ, memory, rows, k₃)
        θ      ← θ + optimiser(g)
        memory ← after_step(memory, θ, batch, k₄)

    and, when a task ends, memory ← after_task(memory, θ, the whole task, key). Every function is pure and runs inside
    jit; what a strategy remembers, and strengths that shall vary without a new compilation, are arrays in `memory`.
    Composition is function by function: rows and gradients chain, losses add, memories pair up.

    Args:
        name: the key of its rows in results and store.
        parameters: what is stored beside them.
        init: (network, one example batch) → the first memory.
        rows: what to learn from at this step: the batch, changed or extended.
        loss: a term added to the cross-entropy.
        gradient: the gradient, projected, masked or corrected.
        after_step: what to remember of a step; it sees the batch, not the rows added to it.
        after_task: what to remember of a task; padding rows have weight 0.
        predict: the logits, in training and in evaluation.
    """

    name: str
    parameters: Mapping[str, Any]
    init: Callable[[Any, Batch], Memory] = _nothing
    rows: Callable[[Memory, Batch, PRNGKeyArray], Batch] = _same_rows
    loss: Callable[[Any, Memory, Batch, PRNGKeyArray], Float[Array, ""]] = _no_term
    gradient: Callable[[Any, Any, Memory, Batch, PRNGKeyArray], Any] = _same_gradient
    after_step: Callable[[Memory, Any, Batch, PRNGKeyArray], Memory] = _same_memory
    after_task: Callable[[Memory, Any, Batch, PRNGKeyArray], Memory] = _same_memory
    predict: Callable[[Any, Memory, Array, Int[Array, " rows"]], Array] = _logits
