"""Tasks: samples with their targets, from a file or a generator."""

from workbench.evaluate.tasks.arithmetic import arithmetic
from workbench.evaluate.tasks.gsm8k import Recorded, problems, recorded_solutions

__all__ = ["Recorded", "arithmetic", "problems", "recorded_solutions"]
