"""What tasks left behind: the extreme points of a set of posteriors over the weights."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from workbench.continual.strategies.extremes import Extremes, along

__all__ = ["Knowledge", "combined", "joined", "prior", "started"]


class Knowledge(NamedTuple):
    """The posteriors of every task so far.

    Args:
        mean: weights as [tasks, extremes, …]; 0 for tasks to come.
        deviation: likewise.
        kept: which of them are points of their own; the others repeat an earlier one.
    """

    mean: Any
    deviation: Any
    kept: Bool[Array, "tasks extremes"]


def prior(known: Knowledge, task: Int[Array, ""], deviations: Float[Array, " extremes"]) -> tuple[Any, Any]:
    """Mean and standard deviation of each Gaussian's prior: the posterior of the task before, at first N(0, s_j²)."""

    def before(kept: Array, at_first: Array | float) -> Array:
        return jnp.where(task > 0, kept[task - 1], at_first)

    mean = jax.tree.map(lambda kept: before(kept, 0.0), known.mean)
    return mean, jax.tree.map(lambda kept: before(kept, along(deviations, kept[0])), known.deviation)


def started(extremes: Extremes, known: Knowledge, task: Int[Array, ""]) -> Extremes:
    """Where the posteriors of a task start: at their priors, and at the given ones in the first task."""

    def moved(own: Array, kept: Array) -> Array:
        return jnp.where(task > 0, kept[task - 1], own)

    raw = jax.tree.map(lambda kept: jnp.log(jnp.expm1(jnp.maximum(kept, 1e-6))), known.deviation)
    mean, raw = (jax.tree.map(moved, *pair) for pair in ((extremes.mean, known.mean), (extremes.raw, raw)))
    return Extremes(extremes.rest, mean, raw)


def joined(known: Knowledge, extremes: Extremes, task: Int[Array, ""], threshold: Float[Array, ""]) -> Knowledge:
    """The knowledge with the posteriors of a task; one that is nearer to an earlier one than allowed repeats that.

    Args:
        known: of the tasks before.
        extremes: the posteriors.
        task: which task is theirs.
        threshold: the least squared 2-Wasserstein distance, per weight, of points of their own.
    """

    def between(mine: Array, theirs: Array) -> Float[Array, "extremes tasks others"]:
        apart = (mine[:, None, None] - theirs) ** 2
        return apart.reshape(*apart.shape[:3], -1).sum(axis=3)

    pairs = ((extremes.mean, known.mean), (extremes.deviation, known.deviation))
    found = [leaf for pair in pairs for leaf in jax.tree.leaves(jax.tree.map(between, *pair))]
    apart = jnp.stack(found).sum(axis=0) / sum(leaf[0].size for leaf in jax.tree.leaves(extremes.mean))
    earlier = (jnp.arange(known.kept.shape[0]) < task)[:, None]
    apart = jnp.where(earlier, apart, jnp.inf).reshape(known.kept.shape[1], -1)
    nearest, own = apart.argmin(axis=1), apart.min(axis=1) >= threshold

    def put(new: Array, kept: Array) -> Array:
        instead = kept.reshape(-1, *kept.shape[2:])[nearest]
        return kept.at[task].set(jnp.where(own.reshape(-1, *[1] * (new.ndim - 1)), new, instead))

    mean, deviation = (jax.tree.map(put, *pair) for pair in pairs)
    return Knowledge(mean, deviation, known.kept.at[task].set(own))


def combined(known: Knowledge, preference: Float[Array, " tasks"]) -> tuple[Any, Any]:
    """Mean and standard deviation Σ_i w_i mean_j (μ_ij, σ_ij), for the preference w."""

    def of_leaf(leaf: Array) -> Array:
        return jnp.tensordot(preference, leaf.mean(axis=1), axes=1)

    return jax.tree.map(of_leaf, known.mean), jax.tree.map(of_leaf, known.deviation)
