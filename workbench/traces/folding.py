"""Folding in a process of its own: a thread of this one would keep its calls waiting for 5 ms each."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from workbench.errors import StoreError

__all__ = ["Folding", "fold"]

_PROGRAM: Final = "import sys; from workbench.traces.folding import fold; fold(sys.argv[1])"

_NO_WINDOW: Final[int] = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # on Windows


class Folding:
    """Starts folds of a store beside this process, one at a time.

    Args:
        store: the DuckDB file.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._can_start = Path(sys.executable or "").stem.lower().startswith("python")  # not so inside other programs

    def start(self) -> bool:
        """Starts a fold, unless one is under way; False where that cannot be done here, so that the caller folds."""
        with self._lock:
            if self._process is not None:
                code = self._process.poll()
                if code is None:
                    return True
                self._can_start = self._can_start and code == 0
                self._process = None
            if self._can_start:
                try:
                    self._process = _process(self._store)
                except OSError:
                    self._can_start = False
            return self._can_start

    def wait(self, seconds: float) -> None:
        """Waits for a fold that is under way, but not for longer than this."""
        with self._lock, suppress(subprocess.TimeoutExpired):
            if self._process is not None:
                self._process.wait(seconds)

    def leave_to_parent(self) -> None:
        """In a forked child: what runs is the parent's."""
        self._lock, self._process = threading.Lock(), None


def _process(store: Path) -> subprocess.Popen[bytes]:
    here = [folder for folder in sys.path if folder]
    return subprocess.Popen(  # noqa: S603 - our own module, and a path that is no option
        [sys.executable, "-c", _PROGRAM, str(store)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(here)},
        creationflags=_NO_WINDOW,
        start_new_session=True,  # an interrupt of this process is not its
    )


def fold(store: str) -> None:
    """Folds what is journalled for the store with this path, unless someone else does: the work of that process."""
    from workbench.traces.compactor import Compactor
    from workbench.traces.lock import StoreLock
    from workbench.traces.segment import journal_folder

    with suppress(StoreError):  # someone else folds, or the next question says what is wrong
        Compactor(Path(store), StoreLock(journal_folder(Path(store)))).fold(0.0)
