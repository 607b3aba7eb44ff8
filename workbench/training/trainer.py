"""The trainer of language models: one jitted step, a schedule, checkpoints that a run resumes from exactly."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Bool, Float, Int

from workbench.errors import DataError, OptionError
from workbench.networks.transformer import Transformer
from workbench.training.packing import Batch

__all__ = ["Progress", "TrainingConfig", "TrainingState", "load_state", "loss_of", "optimiser", "save_state", "train"]


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How to train.

    The learning rate rises over `warmup` steps, stays, and falls to nothing over the last `decay` share of the steps
    (warm-up, stable, decay), so that a stable phase can be lengthened without harm.

    Args:
        steps: updates in all.
        rate: the learning rate of the stable phase.
        warmup: steps of the rise.
        decay: share of the steps over which the rate falls, 0 to 1.
        beta2: decay of AdamW's second moment.
        weight_decay: on matrices; scales of norms are left alone.
        clip: the largest norm of a gradient.

    Raises:
        OptionError: steps below 1 or a decay outside 0 to 1.

    Reference: I. Loshchilov, F. Hutter. Decoupled Weight Decay Regularization. arXiv:1711.05101; S. Hu and others.
    MiniCPM (warm-up, stable, decay). arXiv:2404.06395.
    """

    steps: int
    rate: float = 2e-3
    warmup: int = 200
    decay: float = 0.3
    beta2: float = 0.98
    weight_decay: float = 0.1
    clip: float = 1.0

    def __post_init__(self) -> None:
        if self.steps < 1 or not 0 <= self.decay <= 1:
            raise OptionError(
                f"Training was given steps={self.steps!r} and decay={self.decay!r}; allowed are 1 step or more and a "
                "decay from 0 to 1.",
                hint="TrainingConfig(steps=1000, decay=0.3)",
            )

    def rate_at(self, step: ArrayLike) -> Array:
        """The learning rate of a step, counted from 0."""
        done = jnp.asarray(step, jnp.float32)
        rise = jnp.minimum((done + 1) / max(self.warmup, 1), 1.0)
        falling = max(self.decay * self.steps, 1.0)
        return self.rate * rise * jnp.clip((self.steps - done) / falling, 0.0, 1.0)


class TrainingState(eqx.Module):
    """What a step changes: the model, the optimiser's moments, and how many steps were done."""

    model: Transformer
    moments: optax.OptState
    step: Int[Array, ""]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands; the loss is the mean over the steps since the last report, in nats a learned token."""

    step: int
    loss: float
    gradient_norm: float
    tokens: int
    seconds: float


def optimiser(config: TrainingConfig) -> optax.GradientTransformation:
    """AdamW with clipping and the schedule."""
    return optax.chain(
        optax.clip_by_global_norm(config.clip),
        optax.adamw(
            config.rate_at,
            b2=config.beta2,
            weight_decay=config.weight_decay,
            mask=lambda weights: jax.tree.map(lambda weight: weight.ndim > 1, weights),
        ),
    )


def loss_of(
    model: Transformer,
    tokens: Int[Array, "rows length"],
    segments: Int[Array, "rows length"],
    positions: Int[Array, "rows length"],
    learned: Bool[Array, "rows length"],
) -> Float[Array, ""]:
    """Mean cross-entropy in nats over the learned tokens; conversations of a row do not see one another."""
    length = tokens.shape[1]
    mask = (segments[:, :, None] == segments[:, None, :]) & jnp.tril(jnp.ones((length, length), bool))
    logits = model.logits(model.hidden(tokens, positions, mask)[0][:, :-1])
    losses = optax.softmax_cross_entropy_with_integer_labels(logits.astype(jnp.float32), tokens[:, 1:])
    weights = learned[:, 1:].astype(jnp.float32)
    return jnp.sum(losses * weights) / jnp.maximum(jnp.sum(weights), 1.0)


def train(
    model: Transformer,
    batch_of: Callable[[int], Batch],
    config: TrainingConfig,
    *,
    state: TrainingState | None = None,
    every: int = 100,
    report: Callable[[Progress, TrainingState], None] | None = None,
    until: float | None = None,
) -> TrainingState:
    """Run the steps that are left.

    Args:
        model: where to begin; ignored when `state` is given.
        batch_of: the batch of a step, a function of its number alone, so that a resumed run sees the same data.
        config: how to train.
        state: where an earlier run stopped.
        every: steps between reports.
        report: called with the progress and the state; may save or evaluate.
        until: stop after the step in which `time.time()` passes this.

    Returns:
        The state after the last step.

    Example:
        See `workbench.training.pocket`.
    """
    rule = optimiser(config)
    if state is None:
        state = TrainingState(model, rule.init(eqx.filter(model, eqx.is_array)), jnp.zeros((), jnp.int32))

    @eqx.filter_jit(donate="all-except-first")
    def step(batch: tuple[Array, ...], state: TrainingState) -> tuple[TrainingState, Array, Array]:
        loss, gradient = eqx.filter_value_and_grad(loss_of)(state.model, *batch)
        updates, moments = rule.update(gradient, state.moments, eqx.filter(state.model, eqx.is_array))
        changed = eqx.apply_updates(state.model, updates)
        squares = sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(gradient))
        return TrainingState(changed, moments, state.step + 1), loss, jnp.sqrt(squares)

    # The step may use up the arrays that it is given; the caller's must live on.
    now: TrainingState = jax.tree.map(lambda leaf: jnp.array(leaf) if eqx.is_array(leaf) else leaf, state)
    losses: list[Array] = []
    tokens, started = 0, time.perf_counter()
    for number in range(int(now.step), config.steps):
        batch = batch_of(number)
        arrays = tuple(jnp.asarray(a) for a in (batch.tokens, batch.segments, batch.positions, batch.learned))
        now, loss, norm = step(arrays, now)
        losses.append(loss)
        tokens += int(np.count_nonzero(batch.segments))
        last = number + 1 == config.steps or (until is not None and time.time() > until)
        if report and ((number + 1) % every == 0 or last):
            mean = float(np.mean([float(loss) for loss in losses]))
            report(Progress(number + 1, mean, float(norm), tokens, time.perf_counter() - started), now)
            losses = []
        if last:
            break
    return now


def save_state(state: TrainingState, path: Path) -> None:
    """Write everything that resuming needs; the file is whole or absent."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        eqx.tree_serialise_leaves(file, state)
    part.replace(path)


def load_state(model: Transformer, config: TrainingConfig, path: Path) -> TrainingState:
    """The state back from `save_state`, for a model and config of the same shape.

    Raises:
        DataError: the file is missing or was written for another shape.
    """
    moments = optimiser(config).init(eqx.filter(model, eqx.is_array))
    like = TrainingState(model, moments, jnp.zeros((), jnp.int32))
    try:
        with path.open("rb") as file:
            return eqx.tree_deserialise_leaves(file, like)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(
            f"The training state {str(path)!r} cannot be resumed: {error}",
            hint="begin again without it, or give the options of the run that wrote it",
        ) from error
