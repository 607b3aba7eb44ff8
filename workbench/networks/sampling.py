"""Choosing the next token from its logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from workbench.errors import OptionError

__all__ = ["Sampling", "draw", "log_probabilities"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw tokens.

    Args:
        max_tokens: how many at most; None is as many as fit the context.
        temperature: 0 takes the likeliest token; higher draws more freely.
        top_p: draw among the likeliest tokens whose probabilities reach this sum.
        seed: of the draws; the same seed draws the same tokens from the same logits.

    Raises:
        OptionError: a value outside its range.
    """

    max_tokens: int | None = None
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise OptionError(f"temperature={self.temperature!r} is not allowed; allowed are 0 and above.")
        if not 0 < self.top_p <= 1:
            raise OptionError(f"top_p={self.top_p!r} is not allowed; allowed are values above 0 and up to 1.")
        if self.max_tokens is not None and self.max_tokens < 1:
            raise OptionError(f"max_tokens={self.max_tokens!r} is not allowed; allowed is 1 or more.")
        if self.seed < 0:
            raise OptionError(f"seed={self.seed!r} is not allowed; allowed are 0 and above.")


def log_probabilities(logits: Float[np.ndarray, " vocabulary"]) -> Float[np.ndarray, " vocabulary"]:
    """Natural log-probabilities at temperature 1."""
    shifted = logits.astype(np.float64) - logits.max()
    return shifted - np.log(np.exp(shifted).sum())


def draw(logits: Float[np.ndarray, " vocabulary"], sampling: Sampling, rng: np.random.Generator) -> int:
    """The next token's id.

    Example:
        >>> draw(np.array([0.0, 3.0, 1.0]), Sampling(), np.random.default_rng(0))
        1

    Reference: top_p after A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi. The Curious Case of Neural Text
    Degeneration. arXiv:1904.09751.
    """
    if sampling.temperature == 0:
        return int(logits.argmax())
    probabilities = np.exp(log_probabilities(logits / sampling.temperature))
    if sampling.top_p < 1:
        order = np.argsort(-probabilities, kind="stable")
        reached = np.cumsum(probabilities[order])
        kept = order[: int(np.searchsorted(reached, sampling.top_p)) + 1]
        narrowed = np.zeros_like(probabilities)
        narrowed[kept] = probabilities[kept]
        probabilities = narrowed
    return int(rng.choice(len(probabilities), p=probabilities / probabilities.sum()))
