"""IBCL: a set of posteriors over the weights, and a network for any preference among tasks without training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from workbench.continual.batch import Batch, cross_entropy, open_only
from workbench.continual.moment import Moment
from workbench.continual.strategies.extremes import Extremes, divergences, drawn, extremes_of
from workbench.continual.strategies.knowledge import Knowledge, combined, joined, prior, started
from workbench.continual.strategies.strategy import Strategy
from workbench.errors import OptionError
from workbench.papers import Paper

__all__ = ["ibcl"]


def ibcl(
    deviations: Sequence[float] = (0.25, 0.3, 0.35),
    *,
    strength: float = 1.0,
    threshold: float = 0.0,
    told: bool = False,
) -> Strategy:
    """Imprecise Bayesian continual learning.

    A task has one prior for each extreme point j: N(0, s_j²) at first, then the task before's posterior. From each a
    posterior with independent weights is learned by variational inference,
        q_ij = argmin Σ_rows −E_{θ ~ q} log p(y | x, θ) + β KL(q ‖ q_{i−1,j}),
    and joins the knowledge unless one there is nearer than d (2-Wasserstein, squared, per weight), which then stands in
    for it. All convex combinations Σ_i w_i mean_j q_ij can be had for a preference w among tasks, without training:
    `preferred` draws networks from one's highest density region. A run tests the centre of the region of equal
    preferences among the tasks so far, or, where tasks are told, of the told task alone.

    Args:
        deviations: s_j of the first priors, above 0; as many Gaussians are learned at each task.
        strength: β, 0 or more; 1 is the evidence lower bound.
        threshold: d, 0 or more; with 0 every posterior is kept.
        told: whether tests tell the task, which is then the whole preference.

    Raises:
        OptionError: a value that is not allowed.

    Example:
        >>> ibcl().name, ibcl(told=True).needs_task
        ('ibcl-3', True)

    Reference:
        Pengyuan Lu, Michele Caprio, Eric Eaton, Insup Lee, IBCL: Zero-shot Model Generation for Task Trade-offs in
        Continual Learning, arXiv:2305.14782.

    Departures:
        A combination of Gaussians is the Gaussian of the combined means and deviations, as in the authors' code, where
        the text has their mixture. Its region is an ellipsoid, where the code has a box. A posterior that another
        stands in for has its room in memory nevertheless. The first means are the network's own first weights.
    """
    if not deviations or min(deviations) <= 0 or strength < 0 or threshold < 0:
        raise OptionError(
            f"ibcl was given deviations={tuple(deviations)!r}, strength={strength!r}, threshold={threshold!r}; allowed"
            " are one or more above 0, and 0 or more of both others.",
            hint="ibcl((0.25, 0.3, 0.35), strength=1.0, threshold=0.0)",
        )
    first = jnp.asarray(deviations, jnp.float32)

    def adapt(network: Any, now: Moment) -> Extremes:
        return extremes_of(network, 0.1 * first)

    def init(extremes: Extremes, example: Batch, now: Moment) -> Knowledge:
        tasks = now.heads.shape[0]
        none = jax.tree.map(lambda leaf: jnp.zeros((tasks, *leaf.shape)), extremes.mean)
        return Knowledge(none, none, jnp.zeros((tasks, len(first)), bool))

    def before_task(extremes: Extremes, known: Knowledge, task: Batch, now: Moment) -> tuple[Extremes, Knowledge]:
        return started(extremes, known, now.task), known

    def predict(extremes: Extremes, known: Knowledge, x: Array, task: Int[Array, " rows"], now: Moment) -> Array:
        if now.training:
            return drawn(extremes, x, now.key)
        tasks = jnp.arange(now.heads.shape[0])
        wanted = tasks == jnp.minimum(task[0], now.task) if told else tasks <= now.task
        return extremes.network(combined(known, wanted / wanted.sum())[0])(x)

    def criterion(logits: Array, extremes: Extremes, known: Knowledge, rows: Batch, now: Moment) -> Float[Array, ""]:
        return jax.vmap(lambda one: cross_entropy(open_only(one, now.heads[rows.task]), rows))(logits).sum()

    def loss(extremes: Extremes, known: Knowledge, rows: Batch, now: Moment) -> Float[Array, ""]:
        apart = divergences(extremes.mean, extremes.deviation, *prior(known, now.task, first)).sum()
        return now.hyper["strength"] * apart / (now.epoch_steps * rows.y.shape[0])

    def after_task(known: Knowledge, extremes: Extremes, batch: Batch, now: Moment) -> Knowledge:
        return joined(known, extremes, now.task, now.hyper["threshold"])

    title = "IBCL: Zero-shot Model Generation for Task Trade-offs in Continual Learning"
    return Strategy(
        f"ibcl-{len(first)}{'-told' if told else ''}",
        {"deviations": tuple(deviations), "told": told},
        {"strength": strength, "threshold": threshold},
        adapt=adapt,
        init=init,
        before_task=before_task,
        criterion=criterion,
        loss=loss,
        after_task=after_task,
        predict=predict,
        needs_task=told,
        paper=Paper(title, "Lu et al.", 2023, "2305.14782", system="067"),
    )
