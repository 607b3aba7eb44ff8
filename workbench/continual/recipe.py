"""How every task is learned, whatever the strategy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, Protocol

import optax
from jaxtyping import PRNGKeyArray

from workbench.errors import OptionError
from workbench.networks.mlp import MLP

__all__ = ["NetworkFactory", "Recipe"]


class NetworkFactory(Protocol):
    """Makes a network: a pytree of arrays that maps rows to logits."""

    def __call__(self, features: tuple[int, ...], classes: int, *, key: PRNGKeyArray) -> Any: ...


_WIDE: Final = partial(MLP, hidden=(256, 256))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How every task is learned, whatever the strategy.

    Args:
        epochs: passes over the rows of a task, 1 or more; each pass takes every row once, in a fresh order.
        batch_size: rows of a step, 1 or more; the last step of a pass has those that are left.
        learning_rate: η, above 0.
        optimiser: η → an optax optimiser; its state is carried from task to task.
        network: makes the network.
        steps: steps of each task, in place of `epochs`; passes follow one another until they are done.
        outputs: `all` are open from the first task on, or only those whose classes were `seen`: of the tasks so far. A
            closed output learns nothing and is never given, so rows of tasks to come are answered wrong.

    Raises:
        OptionError: a number, or a word for `outputs`, that is not allowed.
    """

    epochs: int = 20
    batch_size: int = 32
    learning_rate: float = 0.1
    optimiser: Callable[[Any], optax.GradientTransformation] = optax.sgd
    network: NetworkFactory = _WIDE
    steps: int | None = None
    outputs: Literal["all", "seen"] = "all"

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "steps"):
            value = getattr(self, name)
            if value is not None and (value != int(value) or value < 1):
                raise OptionError(
                    f"A recipe was given {name}={value!r}; allowed is a whole number from 1.",
                    hint="Recipe(epochs=20, batch_size=32, learning_rate=0.1)",
                )
        if not 0 < self.learning_rate < float("inf"):
            raise OptionError(
                f"A recipe was given learning_rate={self.learning_rate!r}; allowed is a finite number above 0.",
                hint="Recipe(learning_rate=0.1)",
            )
        if self.outputs not in ("all", "seen"):
            raise OptionError(
                f"A recipe was given outputs={self.outputs!r}; allowed is 'all' or 'seen'.",
                hint="Recipe(outputs='seen')",
            )
