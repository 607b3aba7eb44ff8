"""The floor: one JSON line a call, appended without a buffer."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from work import Backend, main, on_disk


class Lines(Backend):
    """A file for each process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.file = (folder / f"{os.getpid()}.jsonl").open("ab", buffering=0)

    def write(self, given: Any) -> None:
        row = {"model": given.model, "messages": given.messages, "answer": given.answer}
        self.file.write(json.dumps(row | {"input": given.input_tokens, "output": given.output_tokens}).encode() + b"\n")

    def settle(self) -> None:
        os.fsync(self.file.fileno())

    def count(self) -> int:
        return sum(path.read_bytes().count(b"\n") for path in self.folder.glob("*.jsonl"))

    def sizes(self) -> dict[str, int]:
        return {"store": on_disk(self.folder)}


if __name__ == "__main__":
    main(Lines, "plain JSON lines")
