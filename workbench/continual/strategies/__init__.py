"""Strategies: one algorithm of continual learning a file, as pure functions that the engine calls."""

from workbench.continual.strategies.naive import naive
from workbench.continual.strategies.replay import replay
from workbench.continual.strategies.strategy import Strategy

__all__ = ["Strategy", "naive", "replay"]
