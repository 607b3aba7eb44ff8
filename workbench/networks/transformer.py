"""A decoder-only transformer in the shape of the public Llama checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from workbench.errors import OptionError
from workbench.networks.attention import Attention, Memory
from workbench.networks.cache import Cache

__all__ = ["Block", "RMSNorm", "SwiGLU", "Transformer", "TransformerConfig"]


@dataclass(frozen=True, slots=True)
class TransformerConfig:
    """The shape of a transformer.

    Args:
        vocabulary: tokens.
        width: size of the residual stream.
        layers: blocks.
        heads: query heads.
        kv_heads: key and value heads, a divisor of `heads`; fewer than `heads` is grouped-query attention.
        head_size: coordinates of one head, even.
        hidden: width of the gated feed-forward layer.
        context: the longest sequence, in tokens.
        rope_theta: base of the rotary frequencies.
        norm_epsilon: added to the mean square.
        tied: whether the output layer is the embedding.

    Raises:
        OptionError: sizes that do not fit together.
    """

    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    hidden: int
    context: int
    rope_theta: float = 10_000.0
    norm_epsilon: float = 1e-5
    tied: bool = True

    def __post_init__(self) -> None:
        if self.heads % self.kv_heads:
            raise OptionError(
                f"A transformer was given heads={self.heads!r} and kv_heads={self.kv_heads!r}; heads must be a "
                "multiple of kv_heads.",
                hint=f"TransformerConfig(heads={self.heads}, kv_heads={self.heads}, …)",
            )
        if self.head_size % 2:
            raise OptionError(f"A transformer was given head_size={self.head_size!r}; allowed are even sizes.")


class RMSNorm(eqx.Module):
    """Divide by the root mean square over the last axis, then scale: y = w ⊙ x / √(mean(x²) + ε).

    Reference: B. Zhang, R. Sennrich. Root Mean Square Layer Normalization. arXiv:1910.07467.
    """

    weight: Float[Array, " width"]
    epsilon: float = eqx.field(static=True)

    def __call__(self, x: Float[Array, "*axes width"]) -> Float[Array, "*axes width"]:
        x32 = x.astype(jnp.float32)
        scale = jax.lax.rsqrt(jnp.mean(jnp.square(x32), axis=-1, keepdims=True) + self.epsilon)
        return self.weight * (x32 * scale).astype(x.dtype)


class SwiGLU(eqx.Module):
    """The gated feed-forward layer: y = W_down (silu(W_gate x) ⊙ W_up x).

    Reference: N. Shazeer. GLU Variants Improve Transformer. arXiv:2002.05202.
    """

    gate: Float[Array, "hidden width"]
    up: Float[Array, "hidden width"]
    down: Float[Array, "width hidden"]

    def __call__(self, x: Float[Array, "batch seq width"]) -> Float[Array, "batch seq width"]:
        return (jax.nn.silu(x @ self.gate.T) * (x @ self.up.T)) @ self.down.T


class Block(eqx.Module):
    """Attention, then the feed-forward layer, each on a normalised input and added to the stream."""

    attention_norm: RMSNorm
    attention: Attention
    feed_forward_norm: RMSNorm
    feed_forward: SwiGLU

    def __call__(
        self,
        x: Float[Array, "batch seq width"],
        positions: Int[Array, "batch seq"],
        mask: Bool[Array, "batch seq slots"],
        memory: Memory | None,
    ) -> tuple[Float[Array, "batch seq width"], Memory]:
        attended, memory = self.attention(self.attention_norm(x), positions, mask, memory)
        x = x + attended
        return x + self.feed_forward(self.feed_forward_norm(x)), memory


class Transformer(eqx.Module):
    """Tokens to logits.

    x ← E[tokens]; for each block x ← x + attention(norm(x)), x ← x + SwiGLU(norm(x)); logits ← norm(x) Wᵀ. Blocks are
    unrolled, which on a CPU is faster than a scan over stacked weights.

    Reference: H. Touvron and others. LLaMA: Open and Efficient Foundation Language Models. arXiv:2302.13971; grouped
    queries after J. Ainslie and others. GQA. arXiv:2305.13245.

    Departures: none that changes a value.
    """

    embedding: Float[Array, "vocabulary width"]
    blocks: tuple[Block, ...]
    norm: RMSNorm
    head: Float[Array, "vocabulary width"] | None
    config: TransformerConfig = eqx.field(static=True)

    @classmethod
    def init(cls, config: TransformerConfig, key: PRNGKeyArray, deviation: float = 0.05) -> Transformer:
        """Normal weights of the given standard deviation; the norms' scales are one."""
        keys = iter(jax.random.split(key, 7 * config.layers + 2))

        def normal(*shape: int) -> Array:
            return deviation * jax.random.normal(next(keys), shape)

        def norm() -> RMSNorm:
            return RMSNorm(jnp.ones(config.width), config.norm_epsilon)

        def block() -> Block:
            q, kv = config.heads * config.head_size, config.kv_heads * config.head_size
            attention = Attention(
                query=normal(q, config.width),
                key=normal(kv, config.width),
                value=normal(kv, config.width),
                output=normal(config.width, q),
                heads=config.heads,
                kv_heads=config.kv_heads,
                theta=config.rope_theta,
            )
            feed_forward = SwiGLU(
                normal(config.hidden, config.width),
                normal(config.hidden, config.width),
                normal(config.width, config.hidden),
            )
            return Block(norm(), attention, norm(), feed_forward)

        embedding = normal(config.vocabulary, config.width)
        blocks = tuple(block() for _ in range(config.layers))
        head = None if config.tied else normal(config.vocabulary, config.width)
        return cls(embedding, blocks, norm(), head, config)

    def hidden(
        self,
        tokens: Int[Array, "batch seq"],
        positions: Int[Array, "batch seq"],
        mask: Bool[Array, "batch seq slots"],
        cache: Cache | None = None,
    ) -> tuple[Float[Array, "batch seq width"], Cache]:
        """The normalised stream after the last block, and the keys and values.

        Args:
            tokens: ids.
            positions: each token's place in its own sequence.
            mask: which slots each token may look at. Without a cache the slots are the tokens given.
            cache: what was read before; these tokens are written into the slots named by `positions`.
        """
        x = self.embedding[tokens]
        keys: list[Array] = []
        values: list[Array] = []
        for index, block in enumerate(self.blocks):
            memory = None if cache is None else (cache.keys[index], cache.values[index])
            x, (k, v) = block(x, positions, mask, memory)
            keys.append(k)
            values.append(v)
        return self.norm(x), Cache(tuple(keys), tuple(values))

    def logits(self, hidden: Float[Array, "*axes width"]) -> Float[Array, "*axes vocabulary"]:
        """The output layer."""
        return hidden @ (self.embedding if self.head is None else self.head).T

    def __call__(self, tokens: Int[Array, "batch seq"]) -> Float[Array, "batch seq vocabulary"]:
        """The logits after every token of whole sequences that start at position 0."""
        batch, seq = tokens.shape
        positions = jnp.broadcast_to(jnp.arange(seq), (batch, seq))
        mask = jnp.broadcast_to(jnp.tril(jnp.ones((seq, seq), bool)), (batch, seq, seq))
        return self.logits(self.hidden(tokens, positions, mask)[0])
