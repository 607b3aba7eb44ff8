"""Rotary position embedding in the half-split layout of the public Llama checkpoints."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

__all__ = ["rotate"]


def rotate(
    x: Float[Array, "batch seq heads size"], positions: Int[Array, "batch seq"], theta: float = 10_000.0
) -> Float[Array, "batch seq heads size"]:
    """Turn each pair of coordinates of a head by an angle that grows with the token's position.

    With m the position, d the head size and i = 0 … d/2 − 1: θ_i = theta^(−2i/d), and the pair (x_i, x_{i+d/2}) is
    multiplied by the rotation matrix of the angle m θ_i. The product of a query at m and a key at n then depends on
    m − n alone.

    Args:
        x: queries or keys; the head size is even.
        positions: the place of each token in its sequence, from 0.
        theta: the base of the frequencies.

    Returns:
        The turned queries or keys, in the type of `x`.

    Example:
        >>> import jax.numpy as jnp
        >>> x = jnp.ones((1, 1, 1, 4))
        >>> bool((rotate(x, jnp.zeros((1, 1), int)) == x).all())
        True

    Reference: J. Su, Y. Lu, S. Pan, A. Murtadha, B. Wen, Y. Liu. RoFormer: Enhanced Transformer with Rotary Position
    Embedding. arXiv:2104.09864.

    Departures: pairs coordinate i with i + d/2, as the public checkpoints do, not 2i with 2i + 1 as the paper writes;
    the two differ by a fixed permutation of coordinates.
    """
    half = x.shape[-1] // 2
    frequencies = theta ** (-jnp.arange(half, dtype=jnp.float32) / half)
    angles = positions[..., None].astype(jnp.float32) * frequencies
    cos, sin = jnp.cos(angles)[:, :, None, :], jnp.sin(angles)[:, :, None, :]
    first, second = x[..., :half].astype(jnp.float32), x[..., half:].astype(jnp.float32)
    return jnp.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1).astype(x.dtype)
