"""Scorers: each says of one answer whether, or how far, it is right."""

from workbench.evaluate.scorers.exact_match import exact_match
from workbench.evaluate.scorers.numeric import numeric

__all__ = ["exact_match", "numeric"]
