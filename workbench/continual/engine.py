"""One compiled function that learns one task and is tested on all: a scan over epochs of a loop over steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from workbench.continual.batch import Batch, cross_entropy
from workbench.continual.strategies.strategy import Memory, Strategy
from workbench.continual.streams.stream import Stream
from workbench.errors import OptionError
from workbench.networks.mlp import MLP

__all__ = ["Data", "Learner", "NetworkFactory", "Recipe", "State", "TaskReport"]


class NetworkFactory(Protocol):
    """Makes a network: a pytree of arrays that maps rows to logits."""

    def __call__(self, features: tuple[int, ...], classes: int, *, key: PRNGKeyArray) -> Any: ...


_WIDE: Final = partial(MLP, hidden=(256, 256))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How every task is learned, whatever the strategy.

    Args:
        epochs: passes over the rows of a task, 1 or more; each pass takes every row once, in a fresh order.
        batch_size: rows of a step, 1 or more; the last step of a pass has those that are left.
        learning_rate: η, above 0.
        optimiser: η → an optax optimiser; its state is carried from task to task.
        network: makes the network.

    Raises:
        OptionError: a number that is not allowed.
    """

    epochs: int = 20
    batch_size: int = 32
    learning_rate: float = 0.1
    optimiser: Callable[[Any], optax.GradientTransformation] = optax.sgd
    network: NetworkFactory = _WIDE

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("batch_size", 1)):
            value = getattr(self, name)
            if value != int(value) or value < least:
                raise OptionError(
                    f"A recipe was given {name}={value!r}; allowed is a whole number from {least}.",
                    hint="Recipe(epochs=20, batch_size=32, learning_rate=0.1)",
                )
        if not 0 < self.learning_rate < float("inf"):
            raise OptionError(
                f"A recipe was given learning_rate={self.learning_rate!r}; allowed is a finite number above 0.",
                hint="Recipe(learning_rate=0.1)",
            )


class Data(NamedTuple):
    """A stream on the device; shapes as in `Part`."""

    x: Float[Array, "tasks rows *features"]
    y: Int[Array, "tasks rows"]
    counts: Int[Array, " tasks"]
    test_x: Float[Array, "tasks test_rows *features"]
    test_y: Int[Array, "tasks test_rows"]

    @classmethod
    def of(cls, stream: Stream) -> Data:
        """Puts a stream on the device, once."""
        train, test = stream.train, stream.test
        return cls(*jax.device_put((train.x, train.y, train.counts, test.x, test.y)))


class State(NamedTuple):
    """All that is carried from task to task."""

    network: Any
    optimiser: Any
    memory: Memory


class TaskReport(NamedTuple):
    """What came out of learning one task.

    Args:
        loss: mean loss per row of each epoch.
        correct: whether each test row of each task is right now; padding rows mean nothing.
        diverged_at: the first step of the task whose loss was not finite, counted over all epochs; −1 for none.
    """

    loss: Float[Array, " epochs"]
    correct: Bool[Array, "tasks test_rows"]
    diverged_at: Int[Array, ""]


class Learner:
    """A strategy and a recipe, compiled once for the shapes of a stream; it serves every task and seed.

    `start` and `learn` are the compiled forms of `pure_start` and `pure_learn`.

    Keys: a run has a key, each seed has `fold_in(run key, seed)`, and from it come, by `fold_in` again, the keys of the
    first weights, of each task, epoch and step. So a step's draws depend on its place alone.
    """

    def __init__(self, strategy: Strategy, recipe: Recipe, data: Data, classes: int) -> None:
        self.strategy, self.recipe, self.data, self.classes = strategy, recipe, data, classes
        key = jax.random.key(0)
        state = jax.eval_shape(self.pure_start, key)
        self.start = jax.jit(self.pure_start).lower(key).compile()
        learn = jax.jit(self.pure_learn, donate_argnums=0)
        self._compiled = learn.lower(state, data, jnp.int32(0), key, jnp.float32(0)).compile()

    def learn(self, state: State, task: int, key: PRNGKeyArray) -> tuple[State, TaskReport]:
        """Learns one task and tests all; the state given is used up."""
        rate = jnp.float32(self.recipe.learning_rate)
        return self._compiled(state, self.data, jnp.int32(task), key, rate)

    def pure_start(self, key: PRNGKeyArray) -> State:
        """The first state, as a function to transform."""
        data, batch_size = self.data, self.recipe.batch_size
        network = self.recipe.network(data.x.shape[2:], self.classes, key=jax.random.fold_in(key, 0))
        x = jnp.zeros((batch_size, *data.x.shape[2:]), data.x.dtype)
        rows = jnp.zeros((batch_size,), jnp.int32)
        memory = self.strategy.init(network, Batch(x, rows, jnp.ones((batch_size,)), rows))
        optimiser = self.recipe.optimiser(self.recipe.learning_rate)
        return State(network, optimiser.init(eqx.filter(network, eqx.is_inexact_array)), memory)

    def pure_learn(
        self, state: State, data: Data, task: Int[Array, ""], key: PRNGKeyArray, rate: Float[Array, ""]
    ) -> tuple[State, TaskReport]:
        """Learns one task and tests all, as a function to transform (`vmap` over keys and states, for one)."""
        x, y, count = data.x[task], data.y[task], data.counts[task]
        size, rows = self.recipe.batch_size, data.y.shape[1]
        most_steps = -(-rows // size)
        steps = -(-count // size)
        place = jnp.arange(most_steps * size)
        key = jax.random.fold_in(jax.random.fold_in(key, 1), task)

        def epoch(carry: tuple[State, Array], number: Array) -> tuple[tuple[State, Array], Array]:
            epoch_key = jax.random.fold_in(key, number)
            order_key, step_key = jax.random.split(epoch_key)
            draws = jnp.where(place < count, jax.random.uniform(order_key, place.shape), 2.0)
            order = jnp.minimum(jnp.argsort(draws), rows - 1)

            def step(index: Array, carry: tuple[State, Array, Array]) -> tuple[State, Array, Array]:
                state, total, diverged_at = carry
                here = jax.lax.dynamic_slice_in_dim(order, index * size, size)
                weight = (index * size + jnp.arange(size) < count).astype(jnp.float32)
                batch = Batch(x[here], y[here], weight, jnp.full((size,), task))
                state, loss = self._step(state, batch, jax.random.fold_in(step_key, index), rate)
                bad = (diverged_at < 0) & ~jnp.isfinite(loss)
                return state, total + loss * weight.sum(), jnp.where(bad, number * steps + index, diverged_at)

            state, diverged_at = carry
            state, total, diverged_at = jax.lax.fori_loop(0, steps, step, (state, jnp.zeros(()), diverged_at))
            return (state, diverged_at), total / count

        (state, diverged_at), loss = jax.lax.scan(epoch, (state, jnp.int32(-1)), jnp.arange(self.recipe.epochs))
        whole = Batch(x, y, (jnp.arange(rows) < count).astype(jnp.float32), jnp.full((rows,), task))
        memory = self.strategy.after_task(
            state.memory, state.network, whole, jax.random.fold_in(key, self.recipe.epochs)
        )
        state = state._replace(memory=memory)
        return state, TaskReport(loss, self._correct(state, data), diverged_at)

    def _step(self, state: State, batch: Batch, key: PRNGKeyArray, rate: Array) -> tuple[State, Array]:
        strategy, (network, optimiser, memory) = self.strategy, state
        keys = jax.random.split(key, 4)
        rows = strategy.rows(memory, batch, keys[0])

        def objective(network: Any) -> Float[Array, ""]:
            logits = strategy.predict(network, memory, rows.x, rows.task)
            return cross_entropy(logits, rows) + strategy.loss(network, memory, rows, keys[1])

        loss, gradient = eqx.filter_value_and_grad(objective)(network)
        gradient = strategy.gradient(gradient, network, memory, rows, keys[2])
        trained = eqx.filter(network, eqx.is_inexact_array)
        updates, optimiser = self.recipe.optimiser(rate).update(gradient, optimiser, trained)
        network = eqx.apply_updates(network, updates)
        return State(network, optimiser, strategy.after_step(memory, network, batch, keys[3])), loss

    def _correct(self, state: State, data: Data) -> Bool[Array, "tasks test_rows"]:
        def of_task(x: Array, y: Array, task: Array) -> Array:
            logits = self.strategy.predict(state.network, state.memory, x, jnp.full(y.shape, task))
            return logits.argmax(-1) == y

        return jax.vmap(of_task)(data.test_x, data.test_y, jnp.arange(data.counts.shape[0]))
