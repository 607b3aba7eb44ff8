"""The perceptron is the formula in its docstring, as a pytree of arrays."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.errors import OptionError
from workbench.networks import MLP


def test_it_computes_the_formula():
    network = MLP((3,), classes=2, hidden=(4,), key=jax.random.key(1))
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    (first, last), (first_bias, last_bias) = network.weights, network.biases
    expected = np.maximum(x @ np.asarray(first) + first_bias, 0) @ np.asarray(last) + last_bias
    np.testing.assert_allclose(network(x), expected, rtol=1e-5, atol=1e-6)


def test_without_hidden_layers_it_is_linear():
    network = MLP((3,), classes=2, hidden=(), key=jax.random.key(0))
    x = jnp.ones((1, 3))
    np.testing.assert_allclose(network(2 * x) - network(x), network(x) - network(0 * x), rtol=1e-5)


def test_an_input_of_any_shape_is_flattened():
    network = MLP((2, 3), classes=2, hidden=(4,), key=jax.random.key(0))
    x = jnp.arange(12.0).reshape(2, 2, 3)
    np.testing.assert_array_equal(network(x), network(x.reshape(2, 6)))


def test_every_leaf_is_an_array_so_that_it_can_be_donated_and_stacked():
    make = jax.vmap(lambda key: MLP((3,), classes=2, hidden=(8,), key=key))
    stacked = make(jax.random.split(jax.random.key(0), 4))
    assert all(isinstance(leaf, jax.Array) and leaf.shape[0] == 4 for leaf in jax.tree.leaves(stacked))


def test_the_key_alone_decides_the_weights_which_lie_within_their_bound():
    one, same, other = (MLP((64,), classes=10, key=jax.random.key(seed)) for seed in (0, 0, 1))
    for left, right, third in zip(*map(jax.tree.leaves, (one, same, other)), strict=True):
        np.testing.assert_array_equal(left, right)
        assert not np.array_equal(left, third)
    for weight, bias in zip(one.weights, one.biases, strict=True):
        bound = weight.shape[0] ** -0.5
        assert 0.9 * bound < np.abs(weight).max() <= bound
        assert np.abs(bias).max() <= bound


@pytest.mark.parametrize("sizes", [((0,), 2, (4,)), ((3,), 0, (4,)), ((3,), 2, (4, 0))])
def test_a_width_below_one_is_refused(sizes):
    features, classes, hidden = sizes
    with pytest.raises(OptionError, match="1 or more"):
        MLP(features, classes, hidden, key=jax.random.key(0))
