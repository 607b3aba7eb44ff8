"""Networks for a preference among tasks, without training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray
from scipy.stats import chi2

from workbench.continual.strategies.extremes import Extremes
from workbench.continual.strategies.knowledge import Knowledge, combined
from workbench.errors import OptionError

__all__ = ["preferred"]


def preferred(
    extremes: Extremes,
    known: Knowledge,
    preference: Sequence[float],
    *,
    region: float = 0.5,
    draws: int = 1,
    key: PRNGKeyArray,
) -> list[Any]:
    """Networks for a preference among the tasks that `ibcl` learned, without any training.

    The preference w makes one Gaussian, with Σ_i w_i mean_j of the extreme points' means and deviations. Its highest
    density region of probability ρ is {θ : Σ ((θ − μ) / σ)² ≤ χ²_ρ}; networks are drawn from the Gaussian within it.

    Args:
        extremes: the network of a state that `ibcl` learned.
        known: its memory.
        preference: how much each task is worth, from the first on; 0 or more, and 1 together.
        region: ρ, from 0, its centre, to below 1.
        draws: how many networks, 1 or more.
        key: of the draws.

    Returns:
        The networks.

    Raises:
        OptionError: a value that is not allowed.

    Example:
        >>> from workbench.continual import Recipe, digits, split
        >>> from workbench.continual.engine import Data, Learner
        >>> from workbench.continual.strategies import ibcl
        >>> stream = split(digits(), scenario="domain")
        >>> learner = Learner(ibcl((0.3,)), Recipe(steps=1), Data.of(stream), stream.classes)
        >>> key = jax.random.key(0)
        >>> state, _ = learner.learn(learner.start(key), 0, key)
        >>> len(preferred(state.network, state.memory, [1.0], draws=2, key=key))
        2
    """
    wanted, tasks = np.asarray(preference, np.float32), known.kept.shape[0]
    fits = wanted.ndim == 1 and 1 <= len(wanted) <= tasks and wanted.min() >= 0 and abs(wanted.sum() - 1) < 1e-4
    if not fits or not 0 <= region < 1 or draws < 1:
        raise OptionError(
            f"preferred was given preference={list(preference)!r}, region={region!r}, draws={draws!r}; allowed are 0 or"
            f" more for up to {tasks} tasks, 1 together, from 0 to below 1, and 1 or more.",
            hint="preferred(state.network, state.memory, [0.5, 0.5], key=jax.random.key(0))",
        )
    mean, deviation = combined(known, jnp.asarray(np.pad(wanted, (0, tasks - len(wanted)))))
    means, shape = jax.tree.flatten(mean)
    size = sum(leaf.size for leaf in means)

    def one(draw_key: PRNGKeyArray) -> Any:
        place, *keys = jax.random.split(draw_key, len(means) + 1)
        noise: list[Array] = [jax.random.normal(k, m.shape) for k, m in zip(keys, means, strict=True)]
        length = float(chi2.ppf(region * float(jax.random.uniform(place)), size)) ** 0.5
        scale = length / jnp.sqrt(jnp.stack([(leaf**2).sum() for leaf in noise]).sum())
        moved = [m + d * z * scale for m, d, z in zip(means, jax.tree.leaves(deviation), noise, strict=True)]
        return extremes.network(jax.tree.unflatten(shape, moved))

    return [one(draw_key) for draw_key in jax.random.split(key, draws)]
