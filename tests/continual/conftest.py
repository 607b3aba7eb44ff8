"""A small stream that is learned in a moment, and a compilation cache of the tests' own."""

from functools import partial

import jax
import numpy as np
import pytest

from workbench.continual import Labelled, Recipe, split
from workbench.networks import MLP


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Compiled programs go to a folder of this session, and JAX's settings come back afterwards."""
    names = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")
    before = {name: getattr(jax.config, name) for name in names}
    jax.config.update("jax_compilation_cache_dir", str(tmp_path_factory.mktemp("jax")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.fixture(scope="session")
def blobs():
    """Six classes of unequal size around corners of a cube; the first feature is the number of the row."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(6), [20, 31, 24, 22, 40, 27])
    centres = 3 * rng.normal(size=(6, 4))
    x = centres[y] + 0.3 * rng.normal(size=(len(y), 4))
    return Labelled(np.concatenate([np.arange(len(y))[:, None] / 1000, x], axis=1), y, name="blobs")


@pytest.fixture(scope="session")
def stream(blobs):
    """Three tasks of two classes."""
    return split(blobs, tasks=3)


@pytest.fixture(scope="session")
def recipe():
    """Two passes with a small network."""
    return Recipe(epochs=2, batch_size=8, learning_rate=0.1, network=partial(MLP, hidden=(8,)))
