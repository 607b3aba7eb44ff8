"""Isolation: Python that nobody has read, run in a process that can reach as little as the system allows."""

from workbench.tools.isolation.level import LEVELS, best_level, refusal
from workbench.tools.isolation.limits import Limits
from workbench.tools.isolation.outcome import Level, Outcome
from workbench.tools.isolation.run import run_isolated

__all__ = ["LEVELS", "Level", "Limits", "Outcome", "best_level", "refusal", "run_isolated"]
