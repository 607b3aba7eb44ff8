"""IBCL: what was learned stays, and networks for any preference come out of it without training."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.stats import chi2

from workbench.continual.strategies import ibcl
from workbench.continual.strategies.extremes import divergences
from workbench.continual.strategies.knowledge import combined
from workbench.continual.strategies.preference import preferred
from workbench.errors import OptionError
from workbench.networks import MLP

KEY = jax.random.key(9)


@pytest.fixture(scope="module")
def patient(deep):
    """Some passes of Adam, with one hidden layer."""
    return replace(deep, epochs=8, learning_rate=0.01, optimiser=optax.adam, network=partial(MLP, hidden=(8,)))


@pytest.fixture(scope="module")
def known(told, patient, learned):
    """All posteriors are kept, or none after the first task's; tasks are told."""
    return learned(ibcl((0.25, 0.35), strength=0.01, told=True), told, patient, [{}, {"threshold": 1e6}])


def test_told_tasks_are_answered_as_right_after_they_were_learned(known, told):
    states, reports = known[0]
    for task in range(told.tasks):
        real = np.arange(told.test.y.shape[1]) < told.test.counts[task]
        at_first = reports[task].correct[task][real]
        assert at_first.mean() > 0.8
        for later in reports[task:]:
            np.testing.assert_array_equal(later.correct[task][real], at_first)
    assert states[-1].memory.kept.all()


def test_a_near_posterior_stands_in_for_a_new_one_and_is_the_next_prior(known):
    states, _ = known[1]
    memory = states[-1].memory
    np.testing.assert_array_equal(memory.kept, [[True, True], [False, False], [False, False]])
    for leaf in jax.tree.leaves((memory.mean, memory.deviation)):
        of_first = leaf[0]
        for later in leaf[1:]:
            assert all((one == of_first).reshape(2, -1).all(axis=1).any() for one in later)


def test_a_preference_for_one_task_is_centred_on_its_posteriors(known):
    state = known[0][0][-1]
    (centre,) = preferred(state.network, state.memory, [0, 1], region=0.0, key=KEY)
    expected = jax.tree.map(lambda leaf: leaf[1].mean(axis=0), state.memory.mean)
    for one, other in zip(jax.tree.leaves(centre), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_networks_lie_in_the_highest_density_region_of_their_preference(known):
    state = known[0][0][-1]
    mean, deviation = combined(state.memory, jnp.array([0.5, 0.2, 0.3]))
    far = []
    for network in preferred(state.network, state.memory, [0.5, 0.2, 0.3], region=0.9, draws=8, key=KEY):
        apart = jax.tree.map(lambda w, m, d: (((w - m) / d) ** 2).sum(), network, mean, deviation)
        far.append(float(sum(jax.tree.leaves(apart))))
    size = sum(leaf.size for leaf in jax.tree.leaves(mean))
    chances = chi2.cdf(far, size)
    assert chances.max() <= 0.9 + 1e-3
    assert chances.min() < 0.45 < chances.max()  # spread over the region


def test_the_divergence_is_that_of_gaussians_and_0_from_itself():
    mean, deviation = {"w": jnp.array([[1.0, 2.0]])}, {"w": jnp.array([[0.5, 2.0]])}
    assert float(divergences(mean, deviation, mean, deviation)[0]) == 0
    none, one = {"w": jnp.zeros((1, 2))}, {"w": jnp.ones((1, 2))}
    expected = sum(-np.log(d) + (d**2 + m**2 - 1) / 2 for m, d in ((1, 0.5), (2, 2)))
    assert float(divergences(mean, deviation, none, one)[0]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "options", [{"deviations": ()}, {"deviations": (0.3, 0)}, {"strength": -1}, {"threshold": -0.1}]
)
def test_what_is_not_allowed_is_refused(options):
    with pytest.raises(OptionError, match="ibcl was given"):
        ibcl(**options)


def test_preferences_that_make_no_sense_are_refused(known):
    state = known[0][0][-1]
    for preference, options in (([0.5, 0.4], {}), ([1.5, -0.5], {}), ([0.25] * 4, {}), ([1], {"region": 1.0})):
        with pytest.raises(OptionError, match="preferred was given"):
            preferred(state.network, state.memory, preference, key=KEY, **options)
