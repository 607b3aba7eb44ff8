"""What holds for every strategy: it compiles, many lanes equal one after another, its state goes through a file."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.continual import Labelled, Recipe, compose
from workbench.continual.engine import Data, Learner
from workbench.continual.strategies import (
    agem,
    balanced_replay,
    clr,
    conpet,
    cumulative,
    der,
    dst,
    ewc,
    frozen,
    gdumb,
    hat,
    hle,
    ibcl,
    icarl,
    joint,
    lora,
    lwf,
    mas,
    migu,
    muscle,
    naive,
    olora,
    packnet,
    replay,
    seq_star,
    si,
)
from workbench.continual.streams import hierarchical
from workbench.networks import MLP
from workbench.training.checkpoint import read_checkpoint, write_checkpoint

ALL = [
    naive(),
    joint(),
    cumulative(),
    frozen(),
    ewc(5.0),
    ewc(5.0, online=True, decay=0.9),
    si(0.5),
    mas(0.1),
    lwf(),
    lwf(form="averaged"),
    replay(20, rows=8),
    balanced_replay(20, rows=8),
    balanced_replay(20, rows=8, by="task", ring=True),
    balanced_replay(20, rows=8, by="task", share="tasks"),
    der(20, rows=8),
    der(20, rows=8, beta=0.5),
    agem(20, rows=8),
    gdumb(20),
    icarl(20, rows=8),
    packnet(),
    hat(),
    dst(0.5, "erk", "unfired", every=2),
    seq_star(0.5),
    migu(),
    muscle(),
    olora(2),
    conpet(2, 20, 8),
    ibcl((0.25, 0.35), threshold=0.01),
    clr(),
    hle([[0, 0, 1, 1], [0, 1, 2, 3]], 12, 4),
    compose(ewc(5.0), replay(20, rows=8)),
    compose(lora(2, shared=True), replay(20, rows=8)),
]
KEY = jax.random.key(3)


def leaves(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


@pytest.fixture(scope="module")
def short():
    """One pass with a very small network, in batches that leave a rest."""
    return Recipe(epochs=1, batch_size=8, learning_rate=0.05, network=partial(MLP, hidden=(8,)))


@pytest.fixture(scope="module")
def expanding():
    """Two classes, then four that fall into them, in two tasks."""
    rng, y = np.random.default_rng(2), np.arange(48) % 4
    return hierarchical(Labelled(y[:, None] + 0.3 * rng.normal(size=(48, 3)), y), parents=[0, 0, 1, 1], tasks=2)


@pytest.mark.parametrize("strategy", ALL, ids=lambda strategy: strategy.name)
def test_a_strategy_keeps_the_contract(strategy, told, short, pictures, looking, expanding, tmp_path):
    if strategy.name.startswith("clr"):
        told, short = pictures, replace(looking, epochs=1)
    if strategy.name.startswith("hle"):
        told = expanding
    learner = Learner(strategy, short, Data.of(told), told.classes)
    keys, hyper = [jax.random.fold_in(KEY, seed) for seed in range(2)], learner.hyper()

    def whole(key):
        def task(state, number):
            return learner.pure_learn(state, learner.data, number, key, hyper)

        return jax.lax.scan(task, learner.pure_start(key, hyper), jnp.arange(told.tasks))

    alone, together = jax.jit(whole), jax.jit(jax.vmap(whole))(jnp.stack(keys))
    for lane, key in enumerate(keys):  # it compiles, learns with finite losses, and many lanes equal one after another
        state, (curve, correct) = alone(key)
        assert all(np.isfinite(leaf).all() for leaf in leaves((state, curve)))
        np.testing.assert_allclose(together[1][0][lane], curve, rtol=2e-3, atol=2e-4)
        real = np.arange(told.test.y.shape[1]) < told.test.counts[:, None]
        assert ((together[1][1][lane] != correct) & real).sum() <= 1
        last = [curve[task, : learner.steps(task)] for task in range(told.tasks)]
        assert all((part > 0).any() for part in last)

    write_checkpoint(tmp_path, state, {"step": 0})  # its state goes through a file bit for bit
    back, _ = read_checkpoint(tmp_path, state)
    for one, other in zip(leaves(state), leaves(back), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def test_every_published_strategy_names_its_paper():
    unpublished = {"naive", "joint", "cumulative", "frozen-1", "ewc-5+replay-20", "lora-2-shared+replay-20"}
    assert {strategy.name for strategy in ALL if strategy.paper is None} == unpublished
    assert all(strategy.paper.arxiv or strategy.paper.url for strategy in ALL if strategy.paper)
