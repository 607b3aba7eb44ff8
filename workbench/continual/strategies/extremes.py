"""Several Gaussians over the weights of a network."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

__all__ = ["Extremes", "along", "divergences", "drawn", "extremes_of"]


class Extremes(eqx.Module):
    """Gaussians with independent weights.

    Args:
        rest: the network without its weights.
        mean: the network's weights, each with an axis of Gaussians before its own.
        raw: so that softplus(raw) are the standard deviations.
    """

    rest: Any
    mean: Any
    raw: Any

    @property
    def deviation(self) -> Any:
        """The standard deviations."""
        return jax.tree.map(jax.nn.softplus, self.raw)

    def network(self, weights: Any) -> Any:
        """The network with these weights."""
        return eqx.combine(weights, self.rest)


def extremes_of(network: Any, deviations: Float[Array, " extremes"]) -> Extremes:
    """Gaussians around the weights of a network."""
    weights, rest = eqx.partition(network, eqx.is_inexact_array)
    mean = jax.tree.map(lambda leaf: jnp.repeat(leaf[None], len(deviations), axis=0), weights)
    return Extremes(rest, mean, jax.tree.map(lambda leaf: along(jnp.log(jnp.expm1(deviations)), leaf), mean))


def drawn(extremes: Extremes, x: Array, key: PRNGKeyArray) -> Float[Array, "extremes rows classes"]:
    """The logits of one network drawn from each Gaussian."""
    leaves, shape = jax.tree.flatten(extremes.mean)
    keys = jax.tree.unflatten(shape, list(jax.random.split(key, len(leaves))))

    def one(m: Array, d: Array, k: PRNGKeyArray) -> Array:
        return m + d * jax.random.normal(k, m.shape)

    weights = jax.tree.map(one, extremes.mean, extremes.deviation, keys)
    return jax.vmap(lambda one: extremes.network(one)(x))(weights)


def divergences(mean: Any, deviation: Any, prior_mean: Any, prior_deviation: Any) -> Float[Array, " extremes"]:
    """KL(q_j ‖ p_j) of each Gaussian from its prior."""

    def of_leaf(m: Array, d: Array, pm: Array, pd: Array) -> Array:
        each = jnp.log(pd / d) + (d**2 + (m - pm) ** 2) / (2 * pd**2) - 0.5
        return each.reshape(each.shape[0], -1).sum(axis=1)

    found = jax.tree.leaves(jax.tree.map(of_leaf, mean, deviation, prior_mean, prior_deviation))
    return jnp.stack(found).sum(axis=0)


def along(values: Float[Array, " extremes"], like: Array) -> Array:
    """One value for each Gaussian, in the shape of a weight of all."""
    return jnp.broadcast_to(values.reshape(-1, *[1] * (like.ndim - 1)), like.shape)
