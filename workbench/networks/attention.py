"""Grouped-query attention with rotary positions."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from workbench.networks.rope import rotate

__all__ = ["Attention", "Memory"]

Memory = tuple[Float[Array, "batch slots kv_heads size"], Float[Array, "batch slots kv_heads size"]]


class Attention(eqx.Module):
    """Each group of query heads shares one head of keys and values.

    softmax(Q Kᵀ / √d + M) V, with Q and K turned by their positions, M = 0 where the mask is true and −∞ elsewhere.
    Weights are [output, input], as the public checkpoints store them.

    Reference: J. Ainslie, J. Lee-Thorp, M. de Jong, Y. Zemlyanskiy, F. Lebrón, S. Sanghai. GQA: Training Generalized
    Multi-Query Transformer Models from Multi-Head Checkpoints. arXiv:2305.13245.
    """

    query: Float[Array, "heads*size width"]
    key: Float[Array, "kv_heads*size width"]
    value: Float[Array, "kv_heads*size width"]
    output: Float[Array, "width heads*size"]
    heads: int = eqx.field(static=True)
    kv_heads: int = eqx.field(static=True)
    theta: float = eqx.field(static=True)

    def __call__(
        self,
        x: Float[Array, "batch seq width"],
        positions: Int[Array, "batch seq"],
        mask: Bool[Array, "batch seq slots"],
        memory: Memory | None = None,
    ) -> tuple[Float[Array, "batch seq width"], Memory]:
        """What each token gathers, and the keys and values with this call's tokens among them."""
        batch, seq, _ = x.shape
        q = rotate((x @ self.query.T).reshape(batch, seq, self.heads, -1), positions, self.theta)
        k = rotate((x @ self.key.T).reshape(batch, seq, self.kv_heads, -1), positions, self.theta)
        v = (x @ self.value.T).reshape(batch, seq, self.kv_heads, -1)
        if memory is not None:
            rows = jnp.arange(batch)[:, None]
            k = memory[0].at[rows, positions].set(k)
            v = memory[1].at[rows, positions].set(v)
        q = q.reshape(batch, seq, self.kv_heads, self.heads // self.kv_heads, -1)
        scores = jnp.einsum("btkgd,bskd->bkgts", q, k) * (q.shape[-1] ** -0.5)
        scores = jnp.where(mask[:, None, None], scores.astype(jnp.float32), -jnp.inf)
        weights = jax.nn.softmax(scores, axis=-1).astype(v.dtype)
        gathered = jnp.einsum("bkgts,bskd->btkgd", weights, v).reshape(batch, seq, -1)
        return gathered @ self.output.T, (k, v)
