"""Learning without forgetting, against its forms written down again without masks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.continual import naive
from workbench.continual.batch import Batch
from workbench.continual.moment import Moment
from workbench.continual.strategies import lwf
from workbench.errors import OptionError
from workbench.networks import MLP

HEAT, STRENGTH, TASK, ROWS = 2.0, 0.7, 2, 12
SEEN, MET, CLASSES = 4, 6, 8  # two classes a task: of the third task of four
RNG = np.random.default_rng(0)


def cross_entropy(logits, targets):
    return -(targets * jax.nn.log_softmax(logits)).sum(axis=-1).mean()


def expected(form, told, reach, network, teacher, x, y):
    """The objective where nothing is masked: columns that do not count are cut off."""
    old, new = teacher(x), network(x)
    if told:
        pairs = [slice(first, first + 2) for first in range(0, SEEN, 2)]
        first = cross_entropy(new[:, SEEN:MET], jax.nn.one_hot(y - SEEN, 2))
        softened = [cross_entropy(new[:, h] / HEAT, jax.nn.softmax(old[:, h] / HEAT)) for h in pairs]
        term, columns = sum(softened) / len(pairs), 2
    else:
        columns = SEEN if form == "added" else reach
        targets = jnp.pad(jax.nn.softmax(old[:, :SEEN] / HEAT), ((0, 0), (0, columns - SEEN)))
        first = cross_entropy(new[:, :reach], jax.nn.one_hot(y, reach))
        term = cross_entropy(new[:, :columns] / HEAT, targets)
    term *= STRENGTH * HEAT**2 / (columns if form == "averaged" else 1)
    return first + term if form == "added" else first / (TASK + 1) + (1 - 1 / (TASK + 1)) * term


@pytest.mark.parametrize("reach", [MET, CLASSES], ids=["seen", "all"])  # the outputs that the recipe opens
@pytest.mark.parametrize("told", [False, True], ids=["class", "task"])
@pytest.mark.parametrize("form", ["added", "replayed", "averaged"])
def test_gradients_are_those_of_the_form_without_masks(form, told, reach):
    teacher, network = (MLP((3,), CLASSES, (5,), key=jax.random.key(seed)) for seed in (1, 2))
    x, y = jnp.asarray(RNG.normal(size=(ROWS, 3)), jnp.float32), jnp.asarray(np.arange(ROWS) % 2 + SEEN)
    rows = Batch(x, y, jnp.ones(ROWS), jnp.full(ROWS, TASK))
    heads = jnp.tile(jnp.arange(CLASSES) < reach, (4, 1))
    heads = heads & jnp.repeat(jnp.eye(4, dtype=bool), 2, axis=1) if told else heads
    strategy, number = lwf(STRENGTH, HEAT, form), jnp.int32(TASK)
    hyper = {name: jnp.float32(value) for name, value in strategy.hyper.items()}
    now = Moment(jax.random.key(0), hyper, heads, number, *[jnp.int32(0)] * 3)
    memory = strategy.init(teacher, rows, now)
    for task in range(TASK):  # earlier tasks, of which it needs the classes alone
        earlier = rows._replace(y=y - SEEN + 2 * task)
        memory = strategy.after_task(strategy.before_task(teacher, memory, earlier, now)[1], teacher, earlier, now)
    network, memory = strategy.before_task(network, memory, rows, now)

    def objective(network):
        return strategy.criterion(network(x), network, memory, rows, now) + strategy.loss(network, memory, rows, now)

    def by_hand(network):
        return expected(form, told, reach, network, teacher, x, y)

    found, wanted = jax.grad(objective)(network), jax.grad(by_hand)(network)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(found)) > 0.01


@pytest.mark.parametrize("form", ["added", "replayed", "averaged"])
def test_the_first_task_is_learned_as_by_naive_training(form, learned, told, deep):
    (_, first, *_), _ = learned(lwf(form=form), told, deep)
    (_, plain, *_), _ = learned(naive(), told, deep)
    for one, other in zip(jax.tree.leaves(first.network), jax.tree.leaves(plain.network), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("changed", [{"strength": -1}, {"temperature": 0}, {"form": "summed"}])
def test_what_is_not_allowed_is_refused_with_what_is(changed):
    with pytest.raises(OptionError, match=next(iter(changed))):
        lwf(**changed)
