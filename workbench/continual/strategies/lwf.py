"""Learning without forgetting: answer new rows as the network of before would have."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from workbench.continual.batch import Batch, cross_entropy, open_only
from workbench.continual.moment import Moment
from workbench.continual.strategies.strategy import Strategy
from workbench.errors import OptionError
from workbench.papers import Paper

__all__ = ["FORMS", "lwf"]

FORMS: Final = ("added", "replayed", "averaged")


class _Teacher(NamedTuple):
    network: Any
    seen: Bool[Array, " classes"]  # in earlier tasks


def lwf(
    strength: float = 1.0, temperature: float = 2.0, form: Literal["added", "replayed", "averaged"] = "added"
) -> Strategy:
    """Learning without forgetting.

    Before task t (from 1) the network is copied as θ'. In each step, for each earlier head h (with tasks told, the
    classes of each earlier task; else all classes seen):
        D    ← T² · mean over rows and heads of KL(softmax(z_h(x; θ') / T) ‖ softmax(z_h(x; θ) / T))
        loss ← loss + λ D                     added
        loss ← loss / t + (1 − 1/t) λ D       replayed, averaged

    Args:
        strength: λ, 0 or more.
        temperature: T, above 0.
        form: `added`, as Li and Hoiem have it. `replayed`, as van de Ven and Tolias have it: the batch is its own
            replay with soft targets, which weighs as many parts as there are earlier tasks. Where tasks are not told,
            softmaxes of θ go over all open classes, with targets of 0 for those not seen before; those yet to come are
            closed by `Recipe(outputs="seen")`. `averaged` is the same with D divided by the number of those classes.

    Raises:
        OptionError: a value that is not allowed.

    Example:
        >>> lwf().name
        'lwf-1'

    Reference:
        Zhizhong Li, Derek Hoiem, Learning without Forgetting, arXiv:1606.09282. `replayed`: Gido van de Ven, Andreas
        Tolias, Three scenarios for continual learning, arXiv:1904.07734, with its code of May 2019; `averaged`: its
        code of April 2019, of the days when the paper appeared.

    Departures:
        The term is scaled by T², as in Hinton et al. (arXiv:1503.02531); the KL divergence has the same gradient as the
        papers' cross-entropy. New heads are not warmed up first.
    """
    if strength < 0 or temperature <= 0 or form not in FORMS:
        raise OptionError(
            f"lwf was given strength={strength!r}, temperature={temperature!r}, form={form!r}; allowed are 0 or more,"
            f" above 0, and {', '.join(FORMS)}.",
            hint="lwf(strength=1.0, temperature=2.0, form='added')",
        )

    def init(network: Any, example: Batch, now: Moment) -> _Teacher:
        return _Teacher(jax.tree.map(jnp.copy, network), jnp.zeros(now.heads.shape[1], bool))

    def criterion(logits: Array, network: Any, memory: _Teacher, rows: Batch, now: Moment) -> Float[Array, ""]:
        return cross_entropy(open_only(logits, now.heads[rows.task]), rows) / (now.task + 1)

    def loss(network: Any, memory: _Teacher, rows: Batch, now: Moment) -> Float[Array, ""]:
        heat, before, after = now.hyper["temperature"], memory.network(rows.x), network(rows.x)

        def of_head(head: Array) -> Array:
            asked = head & memory.seen if form == "added" else head
            old = jax.nn.log_softmax(open_only(before / heat, head & memory.seen))
            new = jax.nn.log_softmax(open_only(after / heat, asked))
            apart = ((jnp.exp(old) * (old - new)).sum(axis=-1) * rows.weight).sum()
            return apart / jnp.maximum(asked.sum(), 1) if form == "averaged" else apart

        earlier = jnp.arange(now.heads.shape[0]) < now.task
        terms = jnp.where(earlier, jax.vmap(of_head)(now.heads), 0.0)
        count = jnp.maximum(earlier.sum(), 1) * jnp.maximum(rows.weight.sum(), 1.0)
        share = 1.0 if form == "added" else now.task / (now.task + 1)
        return share * now.hyper["strength"] * heat**2 * terms.sum() / count

    def after_task(memory: _Teacher, network: Any, batch: Batch, now: Moment) -> _Teacher:
        return _Teacher(network, memory.seen.at[batch.y].max(batch.weight > 0))

    made = Strategy(
        f"lwf-{strength:g}" + ("" if form == "added" else f"-{form}"),
        {"form": form},
        {"strength": strength, "temperature": temperature},
        init=init,
        loss=loss,
        after_task=after_task,
        paper=Paper("Learning without Forgetting", "Li and Hoiem", 2016, "1606.09282"),
    )
    return made if form == "added" else made._replace(criterion=criterion)
