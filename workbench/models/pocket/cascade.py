"""A larger pocket model against a smaller one, and a cascade of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Bool, Float

from workbench.models.pocket.effect import Effect, change, paired
from workbench.models.pocket.model import PocketModel
from workbench.training.curriculum.arithmetic import arithmetic_problem
from workbench.training.curriculum.problem import Problem, Split
from workbench.training.measure import mean_log_probabilities, written

__all__ = ["Asked", "cascade", "least_sure"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model made of problems.

    Args:
        right: whether each was answered right.
        cost: parameters times tokens read and written.
        sure: the mean log-probability of each reply's tokens.
    """

    right: Bool[np.ndarray, " problems"]
    cost: Float[np.ndarray, " problems"]
    sure: Float[np.ndarray, " problems"]


def cascade(small: PocketModel, large: PocketModel, count: int, seed: int = 26) -> list[Effect]:
    """The larger model against the smaller one, and a cascade: the larger is asked where the smaller is unsure.

    How unsure, is chosen on training problems by `least_sure`, where the cascade may lose one answer in a hundred
    against the larger model; the effects are those on held-out problems.

    Args:
        small: asked first.
        large: asked where the small one is unsure.
        count: of held-out problems, and of training problems.
        seed: of the problems.
    """
    tried = _sums(max(count, 20), seed + 100, "train")
    threshold = least_sure(_asked(small, tried), _asked(large, tried), 0.01)
    problems = _sums(count, seed, "held_out")
    one, other = _asked(small, problems), _asked(large, problems)
    on = one.sure < threshold
    joined = np.where(on, other.right, one.right)
    ratio = (one.cost + np.where(on, other.cost, 0.0)) / other.cost.mean()
    about = "sums of 2 to 4 digits, at once"
    joint = f"{about}; {on.mean():.0%} go on to the larger"
    return [
        paired(
            "larger_over_smaller",
            f"{about}, {large.name} against {small.name}",
            one.right.tolist(),
            other.right.tolist(),
        ),
        paired("cascade_over_smaller", joint, one.right.tolist(), joined.tolist()),
        paired("cascade_over_larger", joint, other.right.tolist(), joined.tolist()),
        change(
            "cascade_cost",
            f"{joint}; in costs of the larger",
            (other.cost / other.cost.mean()).tolist(),
            ratio.tolist(),
            "ratio",
        ),
    ]


def least_sure(small: Asked, large: Asked, lost: float = 0.0) -> float:
    """How sure the small model is to be, so that the cascade is as often right as the large one, at the least cost.

    Every question of which the small model is less sure goes on to the large one.

    Args:
        small: what the small model made of some problems.
        large: what the large one made of the same.
        lost: the share of the problems by which it may be right less often.

    Returns:
        The threshold of the mean log-probability; infinite where all are to go on.
    """
    order = np.argsort(small.sure)
    thresholds = np.append(small.sure[order], np.inf)  # the k-th sends the k least sure on, k = 0 … n
    parts = np.append(True, np.diff(thresholds) > 0)  # those that are as sure as one another go together
    gained = np.append(0, np.cumsum((large.right.astype(int) - small.right)[order]))
    enough = small.right.sum() + gained >= large.right.sum() - lost * len(order)
    return float(thresholds[np.flatnonzero(enough & parts)[0]])  # all is always enough; each that goes on costs more


def _sums(count: int, seed: int, split: Split) -> list[Problem]:
    return [
        arithmetic_problem(np.random.default_rng([seed, n]), split, 2 + n % 3, False, steps=False) for n in range(count)
    ]


def _asked(model: PocketModel, problems: Sequence[Problem]) -> Asked:
    prompts = [model.template.prompt(problem.messages) for problem in problems]
    ids = written(model.network, model.template, prompts)
    replies = [model.template.parse(each) for each in ids]
    right = [problem.correct(reply) for problem, reply in zip(problems, replies, strict=True)]
    size = sum(leaf.size for leaf in jax.tree.leaves(model.network))
    cost = np.array([size * (len(prompt) + len(each)) for prompt, each in zip(prompts, ids, strict=True)], float)
    return Asked(np.array(right, bool), cost, mean_log_probabilities(model.network, prompts, ids))
