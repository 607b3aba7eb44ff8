"""MLflow tracing on SQLite, straight to the file. `MLFLOW_ENABLE_ASYNC_TRACE_LOGGING` says which of its two ways."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
os.environ["MLFLOW_DISABLE_TELEMETRY"] = os.environ["DO_NOT_TRACK"] = "true"

import mlflow  # type: ignore[import-not-found]
from work import RARE, Backend, Call, main, on_disk

IS_ASYNC = os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] == "true"


class Mlflow(Backend):
    """`mlflow.start_span` with inputs, outputs and token usage."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "mlflow.db"
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        logging.getLogger("alembic").setLevel(logging.ERROR)
        mlflow.set_tracking_uri(f"sqlite:///{self.path}")
        with contextlib.suppress(Exception):
            mlflow.create_experiment("bench", artifact_location=str(folder / "artifacts"))
        mlflow.set_experiment("bench")

    def prepared(self, call: Call) -> Any:
        messages = [{"role": role, "content": said} for role, said in call.messages]
        answer = {"choices": [{"message": {"role": "assistant", "content": call.answer}}]}
        total = call.input_tokens + call.output_tokens
        usage = {"input_tokens": call.input_tokens, "output_tokens": call.output_tokens, "total_tokens": total}
        return call.model, {"model": call.model, "messages": messages}, answer, usage

    def write(self, given: Any) -> None:
        model, asked, answer, usage = given
        with mlflow.start_span(name="chat", span_type="CHAT_MODEL") as span:
            span.set_inputs(asked)
            span.set_outputs(answer)
            span.set_attribute("mlflow.llm.model", model)
            span.set_attribute("mlflow.chat.tokenUsage", usage)

    def flush(self) -> None:
        if IS_ASYNC:
            mlflow.flush_trace_async_logging()

    settle = flush

    def count(self) -> int:
        return int(self._asked("SELECT count(DISTINCT trace_id) FROM spans")[0][0])

    def sizes(self) -> dict[str, int]:
        return {"store": on_disk(self.folder)}

    def reads(self) -> dict[str, Callable[[], int]]:
        """By SQL on its file, which is faster than its own interface."""
        one = self._asked("SELECT trace_id FROM spans LIMIT 1")[0][0]
        return {
            "open": lambda: len(self._asked("SELECT * FROM spans WHERE trace_id = ?", one)),
            "search": lambda: len(self._asked("SELECT trace_id FROM spans WHERE content LIKE ?", f"%{RARE}%")),
            "page": lambda: len(self._asked("SELECT * FROM trace_info ORDER BY timestamp_ms DESC LIMIT 50")),
        }

    def _asked(self, sql: str, *values: Any) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=60)) as connection:
            return connection.execute(sql, values).fetchall()


if __name__ == "__main__":
    main(Mlflow, f"mlflow {mlflow.__version__} {'async' if IS_ASYNC else 'sync'}")
