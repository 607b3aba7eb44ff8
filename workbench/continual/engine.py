"""Pure functions that learn one task and test all, compiled once for a strategy and the shapes of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from workbench.continual.batch import Batch, open_only
from workbench.continual.moment import Moment
from workbench.continual.recipe import Recipe
from workbench.continual.strategies.strategy import Memory, Strategy
from workbench.continual.streams.stream import Stream

__all__ = ["SEGMENT", "Data", "Hyper", "Learner", "State", "TaskReport"]

SEGMENT: Final = 200
Hyper = Mapping[str, Float[Array, ""]]


class Data(NamedTuple):
    """A stream on the device, named as there and in its parts."""

    x: Float[Array, "tasks rows *features"]
    y: Int[Array, "tasks rows"]
    counts: Int[Array, " tasks"]
    test_x: Float[Array, "tasks test_rows *features"]
    test_y: Int[Array, "tasks test_rows"]
    heads: Bool[Array, "tasks classes"]
    seen: Bool[Array, "tasks classes"]

    @classmethod
    def of(cls, stream: Stream) -> Data:
        """Puts a stream on the device, once."""
        train, test = stream.train, stream.test
        return cls(*jax.device_put((train.x, train.y, train.counts, test.x, test.y, stream.heads, stream.seen)))


class State(NamedTuple):
    """All that is carried from step to step; with the place in the stream it is all that a run goes on from."""

    network: Any
    optimiser: Any
    memory: Memory


class TaskReport(NamedTuple):
    """What came out of learning one task.

    Args:
        loss: mean loss per row of each pass.
        curve: the loss of every step.
        correct: whether each test row of each task is right now; padding rows mean nothing.
        diverged_at: the first step of the task whose loss was not finite, counted over all passes; −1 for none.
    """

    loss: Float[np.ndarray, " epochs"]
    curve: Float[np.ndarray, " steps"]
    correct: Bool[np.ndarray, "tasks test_rows"]
    diverged_at: int


class _Rows(NamedTuple):
    """The rows that a task deals out, which of them are real, and how many."""

    x: Array
    y: Array
    task: Array
    real: Array
    total: Array


class Learner:
    """A strategy and a recipe, compiled once for the shapes of a stream; it serves every task, seed and strength.

    `start`, `begin`, `segment` and `finish` are the compiled forms of the pure functions of their names; the state
    that they are given is used up. A task is `begin`, segments of up to `SEGMENT` steps, `finish`; `learn` is all that.
    `program` is the segment once it is compiled.

    Keys: a run has a key, each seed has `fold_in(run key, seed)`, and from it come, by `fold_in` again, the keys of the
    first weights, of each task, pass and step. So a step's draws depend on its place alone.
    """

    def __init__(self, strategy: Strategy, recipe: Recipe, data: Data, classes: int) -> None:
        self.strategy, self.recipe, self.data, self.classes = strategy, recipe, data, classes
        self._counts, self.program = np.asarray(data.counts), cast(Any, None)
        self._start: Any = jax.jit(self.pure_start)
        changes = strategy.fresh or strategy.before_task is not Strategy._field_defaults["before_task"]
        self._begin: Any = jax.jit(self.pure_begin, donate_argnums=0) if changes else None
        self._segment: Any = jax.jit(self.pure_segment, donate_argnums=0)
        self._finish: Any = jax.jit(self.pure_finish, donate_argnums=0)

    def compile(self) -> None:
        """Compiles now what would be compiled at first use, so that threads need not wait for one another."""
        key, number, hyper = jax.random.key(0), jnp.int32(0), self.hyper()
        state = jax.eval_shape(self.pure_start, key, hyper)
        given = (state, self.data, number, key, hyper)
        self._start = self._start.lower(key, hyper).compile()
        self._begin = None if self._begin is None else self._begin.lower(*given).compile()
        self._segment = self.program = self._segment.lower(*given, number).compile()
        self._finish = self._finish.lower(*given).compile()

    def hyper(self, strategy: Strategy | None = None) -> Hyper:
        """The strengths of a strategy (of this program), and the learning rate, as arrays."""
        chosen = self.strategy if strategy is None else strategy
        values = {**chosen.hyper, "learning_rate": self.rate(chosen)}
        return {name: jnp.float32(value) for name, value in values.items()}

    def rate(self, strategy: Strategy) -> float:
        """The learning rate of a strategy of this program: its own, or the recipe's."""
        return strategy.hyper.get("learning_rate", self.recipe.learning_rate)

    def epoch_steps(self, task: int) -> int:
        """How many steps one pass over a task has."""
        count = self._counts[: task + 1].sum() if self.strategy.scope == "seen" else self._counts[task]
        return -(-int(count) // self.recipe.batch_size)

    def steps(self, task: int) -> int:
        """How many steps a task has."""
        return self.recipe.steps or self.recipe.epochs * self.epoch_steps(task)

    def start(self, key: PRNGKeyArray, hyper: Hyper | None = None) -> State:
        """The first state."""
        return self._start(key, self.hyper() if hyper is None else hyper)

    def begin(self, state: State, task: int, key: PRNGKeyArray, hyper: Hyper) -> State:
        """What a strategy changes when a task comes."""
        if self._begin is None:
            return state
        return self._begin(state, self.data, jnp.int32(task), key, hyper)

    def segment(
        self, state: State, task: int, key: PRNGKeyArray, hyper: Hyper, first: int
    ) -> tuple[State, Float[np.ndarray, " steps"]]:
        """The steps from `first` on, up to `SEGMENT` of them, and the loss of each."""
        state, losses = self._segment(state, self.data, jnp.int32(task), key, hyper, jnp.int32(first))
        return state, np.asarray(losses)[: self.steps(task) - first]

    def finish(
        self, state: State, task: int, key: PRNGKeyArray, hyper: Hyper
    ) -> tuple[State, Bool[np.ndarray, "t r"], float]:
        """What a strategy remembers of a task, a test of all tasks, and the greatest curvature of its penalty."""
        state, correct, curvature = self._finish(state, self.data, jnp.int32(task), key, hyper)
        return state, np.asarray(correct), float(curvature)

    def learn(self, state: State, task: int, key: PRNGKeyArray, hyper: Hyper | None = None) -> tuple[State, TaskReport]:
        """Learns one task and tests all."""
        hyper = self.hyper() if hyper is None else hyper
        state, curve = self.begin(state, task, key, hyper), np.zeros(0, np.float32)
        while len(curve) < self.steps(task):
            state, losses = self.segment(state, task, key, hyper, len(curve))
            curve = np.concatenate([curve, losses])
        state, correct, _ = self.finish(state, task, key, hyper)
        return state, self.report(task, curve, correct)

    def report(self, task: int, curve: Float[np.ndarray, " steps"], correct: Bool[np.ndarray, "t r"]) -> TaskReport:
        """The losses of a task pass by pass, each step weighed by its rows."""
        steps, size = self.epoch_steps(task), self.recipe.batch_size
        count = self._counts[: task + 1].sum() if self.strategy.scope == "seen" else self._counts[task]
        weight = np.full(steps, size, np.float32)
        weight[-1] = count - (steps - 1) * size
        weights = np.resize(weight, len(curve))
        starts = np.arange(0, len(curve), steps)
        loss = np.add.reduceat(curve * weights, starts) / np.add.reduceat(weights, starts)
        bad = np.flatnonzero(~np.isfinite(curve))
        return TaskReport(loss, curve, correct, int(bad[0]) if len(bad) else -1)

    def pure_start(self, key: PRNGKeyArray, hyper: Hyper) -> State:
        """The first state, as a function to transform."""
        data, size, zero = self.data, self.recipe.batch_size, jnp.int32(0)
        now = Moment(jax.random.fold_in(key, 3), hyper, data.heads, zero, zero, zero, zero)
        network, optimiser = self._fresh(key, hyper)
        x, rows = jnp.zeros((size, *data.x.shape[2:]), data.x.dtype), jnp.zeros((size,), jnp.int32)
        example = Batch(x, rows, jnp.ones((size,)), rows)
        return State(network, optimiser, self.strategy.init(network, example, now))

    def pure_begin(self, state: State, data: Data, task: Int[Array, ""], key: PRNGKeyArray, hyper: Hyper) -> State:
        """What a strategy changes when a task comes, as a function to transform."""
        network, optimiser = self._fresh(key, hyper) if self.strategy.fresh else state[:2]
        now = self._now(data, task, jax.random.fold_in(jax.random.fold_in(key, 4), task), hyper)
        network, memory = self.strategy.before_task(network, state.memory, _whole(data, task), now)
        return State(network, optimiser, memory)

    def pure_segment(
        self,
        state: State,
        data: Data,
        task: Int[Array, ""],
        key: PRNGKeyArray,
        hyper: Hyper,
        first: Int[Array, ""],
        length: int = SEGMENT,
    ) -> tuple[State, Float[Array, " length"]]:
        """Some steps of a task, as a function to transform."""
        rows, size = self._dealt(data, task), self.recipe.batch_size
        now = self._now(data, task, key, hyper)
        key = jax.random.fold_in(jax.random.fold_in(key, 1), task)

        def order_of(epoch: Array) -> Array:
            order_key = jax.random.split(jax.random.fold_in(key, epoch))[0]
            draws = jnp.where(rows.real, jax.random.uniform(order_key, rows.real.shape), 2.0)
            return jnp.minimum(jnp.argsort(draws), rows.y.shape[0] - 1)

        def step(place: Array, carry: tuple[State, Array, Array]) -> tuple[State, Array, Array]:
            state, order, losses = carry
            epoch, index = place // now.epoch_steps, place % now.epoch_steps
            order = jax.lax.cond((index == 0) & (place > first), order_of, lambda _: order, epoch)
            here = jax.lax.dynamic_slice_in_dim(order, index * size, size)
            weight = (index * size + jnp.arange(size) < rows.total).astype(jnp.float32)
            step_key = jax.random.split(jax.random.fold_in(key, epoch))[1]
            moment = now._replace(key=jax.random.fold_in(step_key, index), step=place)
            state, loss = self._step(state, Batch(rows.x[here], rows.y[here], weight, rows.task[here]), moment)
            return state, order, losses.at[place - first].set(loss)

        end = jnp.minimum(first + length, now.steps)
        carry = (state, order_of(first // now.epoch_steps), jnp.zeros((length,)))
        state, _, losses = jax.lax.fori_loop(first, end, step, carry)
        return state, losses

    def pure_finish(
        self, state: State, data: Data, task: Int[Array, ""], key: PRNGKeyArray, hyper: Hyper
    ) -> tuple[State, Bool[Array, "tasks test_rows"], Float[Array, ""]]:
        """What a strategy remembers of a task, a test of all, its penalty's curvature; as a function to transform."""
        now = self._now(data, task, jax.random.fold_in(jax.random.fold_in(key, 2), task), hyper)
        memory = self.strategy.after_task(state.memory, state.network, _whole(data, task), now)
        state = state._replace(memory=memory)
        testing = now._replace(training=False, step=now.steps)

        def of_task(x: Array, y: Array, number: Array) -> Array:
            tasks = jnp.full(y.shape, number)
            logits = self.strategy.predict(state.network, state.memory, x, tasks, testing)
            return (open_only(logits, now.heads[tasks]).argmax(-1) == y) & now.heads[number, y]

        numbers = jnp.arange(len(data.counts))
        correct = jax.lax.map(lambda part: of_task(*part), (data.test_x, data.test_y, numbers))
        return state, correct, self.strategy.curvature(memory, now)

    def pure_learn(
        self, state: State, data: Data, task: Int[Array, ""], key: PRNGKeyArray, hyper: Hyper
    ) -> tuple[State, tuple[Float[Array, " steps"], Bool[Array, "tasks test_rows"]]]:
        """A whole task in one piece, as a function to transform: the losses of its steps, and a test of all tasks."""
        length = max(self.steps(task) for task in range(len(self._counts)))
        state = self.pure_begin(state, data, task, key, hyper)
        state, losses = self.pure_segment(state, data, task, key, hyper, jnp.int32(0), length)
        state, correct, _ = self.pure_finish(state, data, task, key, hyper)
        return state, (losses, correct)

    def _fresh(self, key: PRNGKeyArray, hyper: Hyper) -> tuple[Any, Any]:
        zero, adapt_key = jnp.int32(0), jax.random.fold_in(key, 5)
        network = self.recipe.network(self.data.x.shape[2:], self.classes, key=jax.random.fold_in(key, 0))
        network = self.strategy.adapt(network, Moment(adapt_key, hyper, self.data.heads, zero, zero, zero, zero))
        optimiser = self.recipe.optimiser(hyper["learning_rate"])
        return network, optimiser.init(eqx.filter(network, eqx.is_inexact_array))

    def _now(self, data: Data, task: Array, key: PRNGKeyArray, hyper: Hyper) -> Moment:
        steps = -(-self._dealt(data, task).total // self.recipe.batch_size)
        total = jnp.int32(self.recipe.steps) if self.recipe.steps else self.recipe.epochs * steps
        heads = data.heads if self.recipe.outputs == "all" else data.heads & data.seen[task]
        return Moment(key, hyper, heads, task, jnp.int32(0), total, steps)

    def _dealt(self, data: Data, task: Array) -> _Rows:
        tasks, rows = data.y.shape
        if self.strategy.scope == "seen":
            numbers = jnp.repeat(jnp.arange(tasks), rows)
            real = (jnp.tile(jnp.arange(rows), tasks) < data.counts[numbers]) & (numbers <= task)
            x, y = data.x.reshape(-1, *data.x.shape[2:]), data.y.reshape(-1)
        else:
            numbers, real = jnp.full((rows,), task), jnp.arange(rows) < data.counts[task]
            x, y = data.x[task], data.y[task]
        return _Rows(x, y, numbers, jnp.pad(real, (0, -len(real) % self.recipe.batch_size)), real.sum())

    def _step(self, state: State, batch: Batch, now: Moment) -> tuple[State, Array]:
        strategy, (network, optimiser, memory) = self.strategy, state
        moments = [now._replace(key=key) for key in jax.random.split(now.key, 4)]
        rows = strategy.rows(memory, batch, moments[0])

        def objective(network: Any) -> Float[Array, ""]:
            logits = strategy.predict(network, memory, rows.x, rows.task, moments[1])
            term = strategy.criterion(logits, network, memory, rows, moments[1])
            return term + strategy.loss(network, memory, rows, moments[1])

        loss, gradient = eqx.filter_value_and_grad(objective)(network)
        changed = strategy.gradient(gradient, network, memory, rows, moments[2])
        trained = eqx.filter(network, eqx.is_inexact_array)
        change, optimiser = self.recipe.optimiser(now.hyper["learning_rate"]).update(changed, optimiser, trained)
        change = strategy.update(change, network, memory, rows, moments[2])
        network = eqx.apply_updates(network, change)
        after = moments[3]._replace(gradient=gradient, change=change)
        return State(network, optimiser, strategy.after_step(memory, network, batch, after)), loss


def _whole(data: Data, task: Array) -> Batch:
    rows = data.y.shape[1]
    weight = (jnp.arange(rows) < data.counts[task]).astype(jnp.float32)
    return Batch(data.x[task], data.y[task], weight, jnp.full((rows,), task))
