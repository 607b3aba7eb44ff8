"""How far a run is: a value for every finished task, and a bar that shows it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any, TextIO

__all__ = ["Bar", "Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One task was learned, or part of one, or one seed ended early.

    Args:
        done: tasks finished over all strategies and seeds; those of a seed that ended early count as finished.
        total: tasks of the whole run.
        strategy: which strategy.
        seed: which seed.
        task: index of the task.
        accuracy: accuracy now on each task of the stream; empty within a task and for a seed that diverged.
        share: how much of the task is learned, 0 to 1.
    """

    done: int
    total: int
    strategy: str
    seed: int
    task: int
    accuracy: tuple[float, ...]
    share: float = 1.0


@dataclass(slots=True)
class Bar:
    """A progress bar: `run(…, progress=Bar())`. In a notebook it leaves one line of output, else it writes to `file`.

    Args:
        file: where to write outside a notebook; None is the standard error stream.
    """

    file: TextIO | None = None
    _started: float = field(default_factory=time.monotonic, init=False)
    _handle: Any = field(default=None, init=False)

    def __call__(self, progress: Progress) -> None:
        """Shows the state of the run."""
        filled = round(20 * progress.done / progress.total)
        seconds = time.monotonic() - self._started
        line = (
            f"{'█' * filled}{'░' * (20 - filled)} {progress.done}/{progress.total} tasks, {seconds:.1f} s"
            f"  {progress.strategy} seed {progress.seed}"
        )
        if self.file is None and _in_notebook():
            self._show(self._bundle(line))
            return
        file = sys.stderr if self.file is None else self.file
        file.write("\r" + line.ljust(79) + ("\n" if progress.done == progress.total else ""))
        file.flush()

    def _bundle(self, line: str) -> dict[str, str]:
        return {"text/plain": line}

    def _show(self, bundle: dict[str, str]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")
