"""A loss that stopped being a finite number."""

from __future__ import annotations

from workbench.errors import WorkbenchError

__all__ = ["DivergenceError"]


class DivergenceError(WorkbenchError):
    """Learning diverged: the loss became NaN or infinite.

    Args:
        strategy: which strategy.
        seed: which seed.
        task: index of the task.
        epoch: index of the pass over it.
        step: index of the step in that pass.
        learning_rate: η, for the hint.
    """

    def __init__(self, strategy: str, seed: int, task: int, epoch: int, step: int, learning_rate: float) -> None:
        super().__init__(
            f"The loss of strategy {strategy!r}, seed {seed}, stopped being finite at task {task}, epoch {epoch},"
            f" step {step} (all from 0), with learning_rate={learning_rate!r}.",
            hint=f"Recipe(learning_rate={learning_rate / 10:g})",
        )
        self.place = (strategy, seed, task, epoch, step)
