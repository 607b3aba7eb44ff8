"""The keys and values that a decoder keeps of the tokens it has read."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["Cache"]


class Cache(eqx.Module):
    """Keys and values of every layer, one slot for each position.

    A row's slot p holds the token at position p. A slot beyond a row's last token may hold anything: attention looks
    at slots up to the query's own position only, and a token is written into its slot before it is looked at.
    """

    keys: tuple[Float[Array, "batch slots kv_heads size"], ...]
    values: tuple[Float[Array, "batch slots kv_heads size"], ...]

    @property
    def slots(self) -> int:
        """How many positions fit."""
        return self.keys[0].shape[1]

    @classmethod
    def empty(cls, layers: int, batch: int, slots: int, kv_heads: int, size: int) -> Cache:
        """Zeros of the given shape."""
        zeros = tuple(jnp.zeros((batch, slots, kv_heads, size)) for _ in range(layers))
        return cls(zeros, tuple(jnp.zeros_like(array) for array in zeros))
