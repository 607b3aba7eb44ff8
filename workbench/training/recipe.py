"""What the pocket models are trained on and how, by size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.errors import OptionError
from workbench.messages import Json
from workbench.networks.chat_template import ChatTemplate
from workbench.networks.transformer import TransformerConfig
from workbench.training.curriculum.mixture import BROAD, FINE, Mixture, history, training_problem
from workbench.training.packing import Batch, pack
from workbench.training.training_config import TrainingConfig

__all__ = ["RECIPES", "Recipe", "recipe"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One model's shape and training.

    Args:
        shape: of the network.
        training: how to train it.
        rows: of a batch.
        length: of a row, in tokens; longer conversations are left out.
        change: after which share of the steps the mixture `first` gives way to `then`.
        first: what is learned in the stable phase.
        then: what is learned while the rate falls.
    """

    shape: TransformerConfig
    training: TrainingConfig
    rows: int = 20
    length: int = 192
    change: float = 0.7
    first: Mixture = BROAD
    then: Mixture = FINE

    def mixture(self, step: int) -> Mixture:
        """What a step, from 0, draws from."""
        return self.first if step < self.change * self.training.steps else self.then

    def batch(self, template: ChatTemplate, seed: int, step: int) -> Batch:
        """The batch of a step: drawn from the seed and the step's number alone."""
        rng = np.random.default_rng([seed, 1, step])
        mixture = self.mixture(step)

        def examples():
            while True:
                problem = training_problem(rng, mixture)
                yield template.example(history(problem), problem.tools)

        return pack(examples(), self.rows, self.length, template.pad)[0]

    def told(self) -> list[Json]:
        """The training data in sentences, for the card."""
        changed = round(self.change * self.training.steps)
        parts = ((f"steps 1 to {changed}", self.first), (f"steps {changed + 1} to {self.training.steps}", self.then))
        return [f"{when} draw {_shares(mixture)}" for when, mixture in parts]


def _shares(mixture: Mixture) -> str:
    whole = sum(mixture.shares.values())
    return ", ".join(f"{name} {share / whole:.0%}" for name, share in mixture.shares.items())


def _shape(width: int, layers: int, heads: int, kv_heads: int, hidden: int) -> TransformerConfig:
    return TransformerConfig(
        vocabulary=1024,
        width=width,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_size=32,
        hidden=hidden,
        context=512,
    )


RECIPES: Mapping[str, Recipe] = {
    "300k": Recipe(_shape(64, 4, 4, 2, 176), TrainingConfig(steps=6_000, rate=3e-3)),
    "1m": Recipe(_shape(128, 5, 4, 2, 352), TrainingConfig(steps=11_000, rate=2e-3)),
    "4m": Recipe(_shape(256, 6, 8, 2, 640), TrainingConfig(steps=8_000, rate=1.5e-3)),
    "10m": Recipe(_shape(384, 7, 12, 4, 960), TrainingConfig(steps=20_000, rate=1e-3), rows=40),
}


def recipe(size: str) -> Recipe:
    """The recipe of a size.

    Raises:
        OptionError: a size without one.

    Example:
        >>> recipe("1m").shape.width
        128
    """
    if size not in RECIPES:
        raise OptionError(f"There is no pocket model of size {size!r}; allowed are {', '.join(RECIPES)}.")
    return RECIPES[size]
