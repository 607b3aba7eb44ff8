"""Replay: a larger memory is not worse, and tasks count alike where that is asked for."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.continual import run
from workbench.continual.batch import Batch
from workbench.continual.moment import Moment
from workbench.continual.strategies import balanced_replay, replay
from workbench.errors import OptionError


def test_more_memory_is_not_worse(stream, recipe):
    sizes = [replay(size, rows=8) for size in (2, 12, 100)]
    result = run(stream, sizes, seeds=5, recipe=replace(recipe, epochs=8))
    seeds = result.seeds.filter(measure="average_accuracy")
    means = [seeds.filter(strategy=one.name)["value"].mean() for one in sizes]
    assert means[0] <= means[1] + 0.02
    assert means[1] <= means[2] + 0.02
    assert means[0] + 0.1 < means[2]  # and it is not that none of them helps


@pytest.mark.parametrize("options", [{"capacity": -1}, {"rows": -1}])
def test_what_is_not_allowed_is_refused(options):
    with pytest.raises(OptionError, match="Replay was given"):
        replay(**options)


@pytest.mark.parametrize("task", [0, 1, 3])
def test_shared_by_tasks_the_batch_weighs_as_much_as_each_task_before_it(task):
    strategy, heads, zero = balanced_replay(40, 8, by="task", share="tasks"), jnp.ones((4, 2), bool), jnp.int32(0)
    now = Moment(jax.random.key(1), {}, heads, jnp.int32(task), zero, zero, zero)

    def batch(number, real=6):
        weight = (jnp.arange(6) < real).astype(jnp.float32)
        return Batch(jnp.full((6, 1), float(number)), jnp.zeros(6, jnp.int32), weight, jnp.full(6, number))

    memory = strategy.init(None, batch(0), now)
    for number in range(task + 1):  # what it learns now is remembered, and not drawn
        memory = strategy.after_step(memory, None, batch(number), now)
    rows = strategy.rows(memory, batch(task, real=5), now)
    shares = np.asarray(rows.weight / rows.weight.sum())
    np.testing.assert_allclose(shares[:6], [1 / (task + 1) / 5] * 5 + [0], rtol=1e-6)
    np.testing.assert_allclose(shares[6:], [task / (task + 1) / 8] * 8, rtol=1e-6)
    assert set(np.asarray(rows.task[6:]).tolist()) <= set(range(max(task, 1)))
    assert float(rows.weight.sum()) >= 1


@pytest.mark.parametrize("options", [{"by": "class", "share": "tasks"}, {"by": "task", "share": "half"}])
def test_shares_that_there_are_not_are_refused(options):
    with pytest.raises(OptionError, match="share="):
        balanced_replay(**options)
