"""A loss that stopped being a finite number, and a device that has no room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import jax

from workbench.errors import WorkbenchError

__all__ = ["DivergenceError", "OutOfMemoryError", "room"]

_NO_ROOM: Final = ("RESOURCE_EXHAUSTED", "Out of memory")  # an accelerator's status, and what a CPU says as INTERNAL


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


class OutOfMemoryError(WorkbenchError):
    """A device has no room for what it was given to learn at a time.

    Args:
        strategies: names of those learned.
        lanes: strategies and seeds learned at a time.
        batch_size: rows of a step.
        message: what the device said.
    """

    def __init__(self, strategies: Sequence[str], lanes: int, batch_size: int, message: str) -> None:
        names, at_a_time = ", ".join(map(repr, strategies)), f"{lanes} at a time, " if lanes > 1 else ""
        smaller = f"Recipe(batch_size={max(batch_size // 2, 1)})"
        super().__init__(
            f"The device has no room to learn {names}, {at_a_time}with batches of {batch_size} rows:"
            f" {message.splitlines()[0]}",
            hint=f"run(…, workers={lanes // 2}) or {smaller}"
            if lanes > 1
            else f"{smaller}, a smaller network, or a strategy that remembers less",
        )


@contextmanager
def room(strategies: Sequence[str], lanes: int, batch_size: int) -> Iterator[None]:
    """Says what to reduce where a device runs out of memory within; other errors pass.

    Args:
        strategies: names of those learned.
        lanes: strategies and seeds learned at a time.
        batch_size: rows of a step.

    Raises:
        OutOfMemoryError: the device has no room.
    """
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        said = str(error)
        if not any(sign in said for sign in _NO_ROOM):
            raise
        raise OutOfMemoryError(strategies, lanes, batch_size, said) from error
