"""Generation: read the prompts at once, then write token by token with the keys and values kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from workbench.errors import OptionError
from workbench.networks.cache import Cache
from workbench.networks.sampling import Sampling, draw
from workbench.networks.transformer import Transformer

__all__ = ["Decoder", "Emit"]

Emit = Callable[[int, int, Float[np.ndarray, " vocabulary"]], bool]
_ROWS = (1, 8, 32)
_ROOM = 32  # slots kept free at first for what is written


class Decoder:
    """Generates for several prompts of different lengths at once.

    Rows and lengths are rounded up to a few sizes, so that few programs are compiled. Prompts are padded at their ends:
    a padded slot lies after a row's last token, attention looks at earlier slots only, and the next token is written
    over it; so padding changes no result. Rows that have ended are dropped as soon as the others fit a smaller size.

    Args:
        model: the network.
        stops: ids that end a row; they are emitted too.
    """

    def __init__(self, model: Transformer, stops: Sequence[int]) -> None:
        self.model = model
        self.stops = frozenset(stops)

    def generate(self, prompts: Sequence[Sequence[int]], samplings: Sequence[Sampling], emit: Emit) -> None:
        """Write until every row has ended.

        Args:
            prompts: ids, each of at least one token and with room for one more in the context.
            samplings: how to draw, one for each prompt.
            emit: called with the row, the id and the logits that it was drawn from; false ends the row.

        Raises:
            OptionError: a prompt that is empty or fills the context.
        """
        context = self.model.config.context
        for prompt in prompts:
            if not 0 < len(prompt) < context:
                raise OptionError(f"A prompt has {len(prompt)!r} tokens; allowed are 1 to {context - 1}.")
        for start in range(0, len(prompts), _ROWS[-1]):
            chosen = slice(start, start + _ROWS[-1])
            self._batch(prompts[chosen], samplings[chosen], lambda row, *rest, at=start: emit(at + row, *rest))

    def logits(self, prompt: Sequence[int]) -> Float[np.ndarray, "tokens vocabulary"]:
        """The logits after every token of one prompt."""
        tokens = np.zeros((1, _fitting(len(prompt), self.model.config.context)), np.int32)
        tokens[0, : len(prompt)] = prompt
        return np.asarray(_all(self.model, tokens)[0, : len(prompt)])

    def _batch(self, prompts: Sequence[Sequence[int]], samplings: Sequence[Sampling], emit: Emit) -> None:
        context = self.model.config.context
        limits = [
            context - len(prompt) if sampling.max_tokens is None else min(sampling.max_tokens, context - len(prompt))
            for prompt, sampling in zip(prompts, samplings, strict=True)
        ]
        draws = [np.random.default_rng(sampling.seed) for sampling in samplings]
        longest = max(map(len, prompts))
        length = _fitting(longest, context)
        size = _round_up(len(prompts), _ROWS)
        tokens = np.zeros((size, length), np.int32)
        positions = np.ones(size, np.int32)
        for row, prompt in enumerate(prompts):
            tokens[row, : len(prompt)] = prompt
            positions[row] = len(prompt)
        logits, cache = _read(self.model, tokens, positions - 1)
        cache = _widen(cache, _fitting(longest + _ROOM, context) - length)
        written = [0] * len(prompts)
        going = {row: row for row in range(len(prompts))}  # the row of each place that is still written
        while True:
            table = np.asarray(logits)
            following = np.zeros(size, np.int32)
            for place, row in list(going.items()):
                id = draw(table[place], samplings[row], draws[row])
                written[row] += 1
                following[place] = id
                if not emit(row, id, table[place]) or id in self.stops or written[row] >= limits[row]:
                    del going[place]
            if not going:
                return
            if (smaller := _round_up(len(going), _ROWS)) < size:
                # Ended rows are carried along, and what they compute is not read, until the others fit a smaller size.
                places = [*going, *[next(iter(going))] * (smaller - len(going))]
                cache = _take(cache, np.array(places))
                following, positions, size = following[places], positions[places], smaller
                going = dict(enumerate(going.values()))
            if max(int(positions[place]) for place in going) >= cache.slots:
                cache = _widen(cache, _fitting(cache.slots + 1, context) - cache.slots)
            logits, cache = _step(cache, self.model, following, np.minimum(positions, cache.slots - 1))
            positions = positions + 1


@jax.jit
def _all(model: Transformer, tokens: Int[Array, "rows length"]) -> Float[Array, "rows length vocabulary"]:
    return model(tokens)


@jax.jit
def _read(
    model: Transformer, tokens: Int[Array, "rows length"], last: Int[Array, " rows"]
) -> tuple[Float[Array, "rows vocabulary"], Cache]:
    rows, length = tokens.shape
    positions = jnp.broadcast_to(jnp.arange(length), (rows, length))
    mask = jnp.broadcast_to(jnp.tril(jnp.ones((length, length), bool)), (rows, length, length))
    hidden, cache = model.hidden(tokens, positions, mask)
    return model.logits(hidden[jnp.arange(rows), last]), cache


def _one(
    cache: Cache, model: Transformer, tokens: Int[Array, " rows"], positions: Int[Array, " rows"]
) -> tuple[Float[Array, "rows vocabulary"], Cache]:
    mask = jnp.arange(cache.slots) <= positions[:, None]
    hidden, cache = model.hidden(tokens[:, None], positions[:, None], mask[:, None, :], cache)
    return model.logits(hidden[:, 0]), cache


_step = jax.jit(_one, donate_argnums=0)


def _take(cache: Cache, places: Int[np.ndarray, " rows"]) -> Cache:
    return jax.tree.map(lambda array: array[places], cache)


def _widen(cache: Cache, more: int) -> Cache:
    return jax.tree.map(lambda array: jnp.pad(array, ((0, 0), (0, more), (0, 0), (0, 0))), cache) if more else cache


def _fitting(length: int, context: int) -> int:
    """A length rounded up to a power of two from 64 on, or to the context, so that few programs are compiled."""
    return min(1 << max(length - 1, 63).bit_length(), context)


def _round_up(value: int, sizes: Sequence[int]) -> int:
    return next((size for size in sizes if value <= size), sizes[-1])
