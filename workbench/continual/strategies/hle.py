"""Replay for labels that expand: what to keep is decided over all levels, and new classes are learned from memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from workbench.continual.batch import Batch, concatenate, open_only
from workbench.continual.buffers.valued import Offer, Valued, empty_valued, insert_valued, revalued
from workbench.continual.moment import Moment
from workbench.continual.strategies.levels import check_classes, level_of_classes, taken_for
from workbench.continual.strategies.strategy import Strategy
from workbench.errors import OptionError
from workbench.papers import Paper

__all__ = ["hle"]


class _Known(NamedTuple):
    """The memory; slots drawn for the next step and its chances; rows seen in all, and when each class was met."""

    memory: Valued
    drawn: Int[Array, " rows"]
    chance: Float[Array, " batch"]
    seen: Float[Array, ""]
    met: Float[Array, " classes"]


def hle(levels: Sequence[Sequence[int]], capacity: int = 200, rows: int = 32, *, flexible: bool = True) -> Strategy:
    """Rehearsal with pseudo-labels in the choice of what to keep, and flexible memory sampling (PL-FMS).

    Memory: each row has a value, how much steps that learned it lower the mean loss of the memory. A row that comes
    takes the place of the least valuable among the rows of the class k that has most, and of the classes that the
    network takes most rows of k for at the other levels (pseudo-labels).
    Sampling: a row of the stream whose class was met e rows ago is learned with probability min(1, e · C / N), for C
    classes met and N rows in the stream, and a row of the memory in its place else; `rows` of it are learned beside.

    Args:
        levels: of each finest class its class at every level, coarsest first: `stream.parameters["levels"]`.
        capacity: rows that the memory holds, 1 or more.
        rows: rows drawn at each step, 1 or more.
        flexible: without it every row of the stream is learned.

    Raises:
        OptionError: a value that is not allowed; in use, a stream that has other classes than the levels.

    Example:
        >>> hle([[0, 0, 1, 1], [0, 1, 2, 3]], 100).name
        'hle-100'

    Reference:
        Byung Hyun Lee et al., Online Continual Learning on Hierarchical Label Expansion, arXiv:2308.14374, its figure 3
        and its authors' code (github.com/Hyun1A/HLE).

    Departures:
        One network with the classes of all levels, where theirs has an output layer for each. A batch enters the memory
        after its step, theirs before. N is reckoned from the task at hand. The value follows the mean of the rows used,
        where theirs adds a share of it. Neither their adaptive learning rate nor CutMix is here.
    """
    level_of = level_of_classes(levels)
    if min(capacity, rows) < 1:
        raise OptionError(
            f"hle was given capacity={capacity!r}, rows={rows!r}; allowed is 1 or more of both.",
            hint="hle(stream.parameters['levels'], 200)",
        )

    def init(network: Any, example: Batch, now: Moment) -> _Known:
        check_classes(level_of, now.heads.shape[1])
        memory = empty_valued(capacity, (example.x, example.y, example.task), int(level_of[-1]) + 1)
        drawn, chance = jnp.zeros(len(example.y) + rows, jnp.int32), jnp.zeros(len(example.y))
        return _Known(memory, drawn, chance, jnp.zeros(()), jnp.full(len(level_of), jnp.inf))

    def learned(known: _Known, batch: Batch, now: Moment) -> Array:
        size, length = batch.y.shape[0], now.heads.shape[0] * now.epoch_steps * batch.y.shape[0]
        elapsed = jnp.maximum(known.seen + size - known.met[batch.y], 0.0)
        share = elapsed * jnp.isfinite(known.met).sum() / length
        return (known.chance < share) | (known.seen == 0) | (not flexible)

    def with_memory(known: _Known, batch: Batch, now: Moment) -> Batch:
        x, y, task = jax.tree.map(lambda leaf: leaf[known.drawn], known.memory.kept.rows)
        direct, size = learned(known, batch, now), batch.y.shape[0]
        first = Batch(x[:size], y[:size], batch.weight, task[:size])
        mixed = jax.tree.map(lambda a, b: jnp.where(direct.reshape(-1, *[1] * (a.ndim - 1)), a, b), batch, first)
        weight = jnp.broadcast_to((known.seen > 0).astype(jnp.float32), (rows,))
        return concatenate(mixed, Batch(x[size:], y[size:], weight, task[size:]))

    def judged(network: Any, held: tuple[Array, Array, Array], met: Array, now: Moment) -> Offer:
        logits, y = network(held[0]), held[1]
        open_logits = open_only(logits, now.heads[held[2]])
        loss = optax.softmax_cross_entropy(open_logits, jax.nn.one_hot(y, logits.shape[1]))
        return Offer(held, y, taken_for(logits, y, level_of, jnp.isfinite(met)), loss)

    def after_step(known: _Known, network: Any, batch: Batch, now: Moment) -> _Known:
        real, (slots, chances) = batch.weight > 0, jax.random.split(now.key)
        instead = ~learned(known, batch, now) & real
        used = jnp.zeros(capacity, bool).at[known.drawn].max(jnp.append(instead, jnp.ones(rows, bool)))
        seen = known.seen + real.sum()
        met = known.met.at[batch.y].min(jnp.where(real, seen, jnp.inf))
        held = judged(network, known.memory.kept.rows, met, now)
        memory = revalued(known.memory, held.loss, held.related, used)
        memory = insert_valued(memory, judged(network, (batch.x, batch.y, batch.task), met, now), real, len(level_of))
        filled = (memory.kept.label >= 0).sum()  # free slots come last
        drawn = jax.random.randint(slots, known.drawn.shape, 0, jnp.maximum(filled, 1))
        return _Known(memory, drawn, jax.random.uniform(chances, known.chance.shape), seen, met)

    return Strategy(
        f"hle-{capacity}" if flexible else f"hle-{capacity}-all",
        {"capacity": capacity, "rows": rows, "buffer": "least valuable of related classes", "flexible": flexible},
        init=init,
        rows=with_memory,
        after_step=after_step,
        paper=Paper(
            "Online Continual Learning on Hierarchical Label Expansion", "Lee et al.", 2023, "2308.14374", system="044"
        ),
    )
