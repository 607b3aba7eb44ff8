"""The engine calls a strategy's functions as its docstring says, and padding changes nothing."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from workbench.continual import Recipe, Strategy, naive, replay, split
from workbench.continual.batch import Batch, concatenate, cross_entropy
from workbench.continual.engine import Data, Learner
from workbench.continual.strategies import ewc, icarl, joint, lwf, mas, si
from workbench.errors import OptionError

KEY = jax.random.key(7)


def learned(strategy, recipe, stream, data=None, key=KEY):
    """The state and reports after all tasks."""
    learner = Learner(strategy, recipe, Data.of(stream) if data is None else data, stream.classes)
    state, reports = learner.start(key), []
    for task in range(stream.tasks):
        state, report = learner.learn(state, task, key)
        reports.append(jax.device_get(report))
    return jax.device_get(state), reports


def assert_same(left, right):
    left, right = jax.tree.leaves(left), jax.tree.leaves(right)
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def plain(stream, recipe):
    return learned(naive(), recipe, stream)


def test_replay_without_a_buffer_equals_naive_bit_for_bit(plain, stream, recipe):
    assert_same(learned(replay(0), recipe, stream), plain)
    assert_same(learned(replay(20, rows=0), recipe, stream), plain)


def test_replay_from_a_buffer_that_stays_empty_equals_naive(plain, stream, recipe):
    forgetful = replay(20, rows=8)._replace(after_step=lambda memory, network, batch, now: memory)
    state, reports = learned(forgetful, recipe, stream)
    for one, other in zip(jax.tree.leaves(state.network), jax.tree.leaves(plain[0].network), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    for one, other in zip(reports, plain[1], strict=True):
        np.testing.assert_allclose(one.loss, other.loss, rtol=1e-5)


def test_replay_differs_from_naive_and_holds_rows_of_every_task(plain, stream, recipe):
    state, _ = learned(replay(30, rows=8), recipe, stream)
    assert not np.array_equal(state.network.weights[0], plain[0].network.weights[0])
    x, y, task = state.memory.rows
    assert set(task) == {0, 1, 2}
    np.testing.assert_array_equal(y // 2, task)
    assert int(state.memory.seen) == recipe.epochs * stream.train.counts.sum()
    assert x.any(axis=1).all()  # padding, which is zero, never came in


def test_the_same_key_gives_the_same_result_bit_for_bit_and_another_one_another(stream, recipe):
    first, again = (learned(replay(20), recipe, stream) for _ in range(2))
    assert_same(first, again)
    other, _ = learned(replay(20), recipe, stream, key=jax.random.key(8))
    assert not np.array_equal(first[0].network.weights[0], other.network.weights[0])


@pytest.mark.parametrize("strategy", [naive(), replay(20, rows=8)], ids=lambda strategy: strategy.name)
def test_padding_never_reaches_loss_weights_or_memory(strategy, stream, recipe):
    def littered(part):
        x, y = part.x.copy(), part.y.copy()
        for task, count in enumerate(part.counts):
            x[task, count:], y[task, count:] = 7.0, 5
        return replace(part, x=x, y=y)

    dirty = replace(stream, train=littered(stream.train), test=littered(stream.test))
    assert dirty.version == stream.version
    clean_state, clean = learned(strategy, recipe, stream)
    dirty_state, reports = learned(strategy, recipe, dirty)
    assert_same(dirty_state, clean_state)
    for one, other in zip(reports, clean, strict=True):
        np.testing.assert_array_equal(one.loss, other.loss)
        for task, count in enumerate(stream.test.counts):
            np.testing.assert_array_equal(one.correct[task, :count], other.correct[task, :count])


def test_every_row_of_a_task_is_taken_once_in_every_epoch(stream, recipe, blobs):
    def count(memory, network, batch, now):
        return memory.at[jnp.round(batch.x[:, 0] * 1000).astype(int)].add(batch.weight)

    visits = Strategy("visits", {}, init=lambda network, example, now: jnp.zeros(len(blobs.y)), after_step=count)
    state, _ = learned(visits, recipe, stream)
    expected = np.zeros(len(blobs.y))
    for task, rows in enumerate(stream.train.counts):
        expected[np.round(stream.train.x[task, :rows, 0] * 1000).astype(int)] = recipe.epochs
    np.testing.assert_array_equal(state.memory, expected)


def test_orders_differ_from_epoch_to_epoch(stream, recipe):
    def first_row(memory, network, batch, now):
        rows, steps = memory
        return rows.at[steps].set(batch.x[0, 0]), steps + 1

    watch = Strategy(
        "watch", {}, init=lambda network, example, now: (jnp.zeros(100), jnp.int32(0)), after_step=first_row
    )
    state, _ = learned(watch, replace(recipe, epochs=8, batch_size=1000), stream)
    rows, steps = state.memory
    assert steps == 8 * stream.tasks  # a batch larger than the task is the whole task
    assert len(set(rows[:8].tolist())) > 2


def test_the_gradient_of_a_strategy_is_what_is_learned_from(stream, recipe):
    def frozen(gradient, network, memory, rows, now):
        return jax.tree.map(jnp.zeros_like, gradient)

    learner = Learner(Strategy("frozen", {}, gradient=frozen), recipe, Data.of(stream), stream.classes)
    before = jax.device_get(learner.start(KEY).network)
    state, _ = learner.learn(learner.start(KEY), 0, KEY)
    assert_same(jax.device_get(state.network), before)


def test_the_loss_of_a_strategy_is_added_to_the_cross_entropy(stream, recipe):
    # with constant logits only the added term has a gradient: strength × weights, so each step scales them by 1 − ηλ
    strength, rate = 0.5, 0.1

    def decay(network, memory, rows, now):
        return 0.5 * strength * sum((leaf**2).sum() for leaf in jax.tree.leaves(network))

    def constant(network, memory, x, task, now):
        return jnp.zeros((x.shape[0], 6))

    strategy = Strategy("decay", {}, loss=decay, predict=constant)
    learner = Learner(strategy, recipe, Data.of(stream), stream.classes)
    start = jax.device_get(learner.start(KEY).network.weights[0])
    state, report = learner.learn(learner.start(KEY), 0, KEY)
    steps = recipe.epochs * -(-int(stream.train.counts[0]) // recipe.batch_size)
    np.testing.assert_allclose(state.network.weights[0], start * (1 - rate * strength) ** steps, rtol=1e-4)
    assert report.loss[0] > np.log(6)


def test_predictions_of_a_strategy_are_what_is_tested(stream, recipe):
    def always_task(network, memory, x, task, now):
        return jax.nn.one_hot(2 * task, 6) * 50 + 0 * network(x)

    _, reports = learned(Strategy("always", {}, predict=always_task), recipe, stream)
    expected = stream.test.y == 2 * np.arange(3)[:, None]
    for task, count in enumerate(stream.test.counts):
        np.testing.assert_array_equal(reports[-1].correct[task, :count], expected[task, :count])


CLOSING = [naive(), ewc(10), si(1), mas(1), lwf(), lwf(form="replayed"), replay(20), icarl(30), joint()]


@pytest.mark.parametrize("strategy", CLOSING, ids=lambda strategy: strategy.name)
def test_outputs_of_classes_to_come_learn_nothing_where_the_recipe_opens_those_seen(strategy, stream, recipe):
    learner = Learner(strategy, replace(recipe, outputs="seen"), Data.of(stream), stream.classes)
    before = jax.device_get(learner.start(KEY).network)
    state, report = learner.learn(learner.start(KEY), 0, KEY)
    changed = (before.weights[-1] != state.network.weights[-1]).any(axis=0)
    assert changed.tolist() == (before.biases[-1] != state.network.biases[-1]).tolist() == [True] * 2 + [False] * 4
    real = np.arange(report.correct.shape[1]) < stream.test.counts[:, None]
    assert (report.correct & real).any(axis=1).tolist() == [True, False, False]


def test_outputs_of_classes_to_come_are_pushed_down_where_all_are_open(plain, stream, recipe):
    learner = Learner(naive(), recipe, Data.of(stream), stream.classes)
    before = jax.device_get(learner.start(KEY).network.biases[-1])
    state, _ = learner.learn(learner.start(KEY), 0, KEY)
    assert (state.network.biases[-1] < before)[2:].all()


def test_a_closed_output_is_never_given(stream, recipe):
    def last_then_first(network, memory, x, task, now):
        return jnp.tile(jnp.array([1.0, 0, 0, 0, 0, 2.0]), (len(x), 1)) + 0 * network(x)

    _, reports = learned(Strategy("last", {}, predict=last_then_first), replace(recipe, outputs="seen"), stream)
    for task, given in enumerate([0, 0, 5]):  # the last class comes in the last task
        expected = stream.test.y == given
        for other, count in enumerate(stream.test.counts):
            np.testing.assert_array_equal(reports[task].correct[other, :count], expected[other, :count])


def test_where_tasks_are_told_only_those_to_come_are_closed(blobs, recipe):
    told = split(blobs, tasks=3, scenario="task")
    (state, reports), (seen, closed) = (learned(naive(), replace(recipe, outputs=o), told) for o in ("all", "seen"))
    assert_same(seen, state)
    for task, (one, other) in enumerate(zip(reports, closed, strict=True)):
        np.testing.assert_array_equal(one.correct[: task + 1], other.correct[: task + 1])
        assert not any(other.correct[later, : told.test.counts[later]].any() for later in range(task + 1, 3))


def test_after_each_task_the_strategy_sees_all_its_rows_once(stream, recipe):
    def tally(memory, network, batch, now):
        at = batch.task[0]
        return memory.at[at].add(jnp.stack([batch.weight.sum(), (batch.y * batch.weight).sum()]))

    strategy = Strategy("tally", {}, init=lambda network, example, now: jnp.zeros((3, 2)), after_task=tally)
    state, _ = learned(strategy, recipe, stream)
    expected = [[count, stream.train.y[task, :count].sum()] for task, count in enumerate(stream.train.counts)]
    np.testing.assert_allclose(state.memory, expected)


def test_a_loss_that_is_not_finite_is_located(stream, recipe):
    def at_seven(network, memory, rows, now):
        return jnp.where(memory == 7, jnp.nan, 0.0)

    strategy = Strategy(
        "breaks",
        {},
        init=lambda network, example, now: jnp.int32(0),
        loss=at_seven,
        after_step=lambda memory, network, batch, now: memory + 1,
    )
    _, reports = learned(strategy, recipe, stream)
    assert reports[0].diverged_at == 7
    assert learned(naive(), recipe, stream)[1][0].diverged_at == -1


def test_any_optax_optimiser_is_carried_from_task_to_task(stream, recipe):
    state, reports = learned(naive(), replace(recipe, learning_rate=0.01, optimiser=optax.adam), stream)
    steps = 2 * sum(-(-int(count) // 8) for count in stream.train.counts)
    assert int(state.optimiser[0].count) == steps
    assert reports[0].loss[1] < reports[0].loss[0]


def test_the_cross_entropy_is_the_weighted_mean_over_rows_that_count():
    logits = jnp.array([[2.0, 0.0], [0.0, 1.0], [9.0, 9.0]])
    batch = Batch(jnp.zeros((3, 1)), jnp.array([0, 0, 1]), jnp.array([1.0, 3.0, 0.0]), jnp.zeros(3, int))
    row = -jax.nn.log_softmax(logits)[jnp.arange(3), batch.y]
    np.testing.assert_allclose(cross_entropy(logits, batch), (row[0] + 3 * row[1]) / 4, rtol=1e-6)
    assert cross_entropy(logits, batch._replace(weight=jnp.zeros(3))) == 0
    both = concatenate(batch, batch._replace(weight=jnp.zeros(3)))
    np.testing.assert_allclose(cross_entropy(jnp.tile(logits, (2, 1)), both), (row[0] + 3 * row[1]) / 4, rtol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 0},
        {"epochs": 1.5},
        {"batch_size": 0},
        {"learning_rate": 0},
        {"learning_rate": float("nan")},
        {"outputs": "some"},
    ],
)
def test_a_recipe_that_is_not_allowed_is_refused(options):
    with pytest.raises(OptionError, match="allowed is"):
        Recipe(**options)


@pytest.mark.parametrize("options", [{"capacity": -1}, {"rows": -1}])
def test_a_buffer_below_zero_is_refused(options):
    with pytest.raises(OptionError, match="0 or more"):
        replay(**options)
