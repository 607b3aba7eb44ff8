"""What one writes oneself: a DuckDB file that every call opens, trying again while another process has it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from work import RARE, Backend, Call, main, on_disk


class Retrying(Backend):
    """One row a call: the model, the tokens, and the messages as JSON."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "retry.duckdb"
        self._run(
            "CREATE TABLE IF NOT EXISTS calls (moment DOUBLE, model VARCHAR, input BIGINT, output BIGINT, body JSON)"
        )

    def _run(self, sql: str, values: list[Any] | None = None) -> list[Any]:
        while True:
            try:
                with duckdb.connect(str(self.path)) as connection:
                    return connection.execute(sql, values).fetchall()
            except duckdb.IOException:
                time.sleep(0.001)

    def write(self, given: Any) -> None:
        call: Call = given
        body = json.dumps({"messages": call.messages, "answer": call.answer})
        row = [time.time(), call.model, call.input_tokens, call.output_tokens, body]
        self._run("INSERT INTO calls VALUES (?, ?, ?, ?, ?)", row)

    def settle(self) -> None:
        """It is in the file when the call returns."""

    def count(self) -> int:
        return int(self._run("SELECT count(*) FROM calls")[0][0])

    def sizes(self) -> dict[str, int]:
        return {"store": on_disk(self.folder)}

    def reads(self) -> dict[str, Callable[[], int]]:
        return {
            "tokens": lambda: len(self._run("SELECT model, sum(input), sum(output) FROM calls GROUP BY model")),
            "open": lambda: len(self._run("SELECT * FROM calls LIMIT 1")),
            "search": lambda: len(self._run("SELECT moment FROM calls WHERE contains(body, ?)", [RARE])),
            "page": lambda: len(self._run("SELECT * FROM calls ORDER BY moment DESC LIMIT 50")),
        }


if __name__ == "__main__":
    main(Retrying, f"duckdb {duckdb.__version__} retry-open")
