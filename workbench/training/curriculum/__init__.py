"""Generated problems with exact checkers; what is held out is held out by a hash of its content."""

from workbench.training.curriculum.depth import REFUSAL, depth_problem, greeting_problem, hard_sum_problem
from workbench.training.curriculum.exam import TASKS, exam
from workbench.training.curriculum.mixture import FIRST, SECOND, THIRD, Mixture, conversation, history, training_problem
from workbench.training.curriculum.problem import Problem, Split, held_out
from workbench.training.curriculum.sums import sum_problem
from workbench.training.curriculum.tool_use import tool_problem

__all__ = [
    "FIRST",
    "REFUSAL",
    "SECOND",
    "TASKS",
    "THIRD",
    "Mixture",
    "Problem",
    "Split",
    "conversation",
    "depth_problem",
    "exam",
    "greeting_problem",
    "hard_sum_problem",
    "held_out",
    "history",
    "sum_problem",
    "tool_problem",
    "training_problem",
]
