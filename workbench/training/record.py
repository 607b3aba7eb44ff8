"""What a training run has used, kept beside its weights."""

from __future__ import annotations

import json
import time
from pathlib import Path

from workbench.messages import Json
from workbench.training.trainer import Progress

__all__ = ["RunRecord"]


class RunRecord:
    """Seconds and tokens over all lessons and, where the run was interrupted, over all its sessions.

    What was done after the last checkpoint of an interrupted session is done again and counted once.

    Args:
        path: the JSON file.
        facts: what else to write, such as the command and the seed.
        resumed: whether to count on from the file.
    """

    def __init__(self, path: Path, facts: dict[str, Json], *, resumed: bool) -> None:
        self._path = path
        before: dict[str, Json] = json.loads(path.read_text(encoding="utf-8")) if resumed and path.exists() else {}
        self.body: dict[str, Json] = {**facts, "steps": 0, "tokens": 0, "seconds": 0.0}
        self.body |= {name: before[name] for name in ("steps", "tokens", "seconds") if name in before}
        self.body["sessions"] = before.get("sessions", 0) + 1
        self._began = dict(self.body)
        self._started = time.time()

    def lesson(self) -> None:
        """A lesson begins: its progress counts from nothing."""
        self._began = dict(self.body)

    def update(self, progress: Progress, first: int) -> None:
        """Where the lesson stands, which this session took up after `first` of its steps."""
        self.body["steps"] = self._began["steps"] + progress.step - first
        self.body["tokens"] = self._began["tokens"] + progress.tokens

    def write(self) -> None:
        """Write the file."""
        now = time.time()
        self.body["seconds"] = round(self.body["seconds"] + now - self._started, 1)
        self._started = now
        self._path.write_text(json.dumps(self.body, indent=2) + "\n", encoding="utf-8")
