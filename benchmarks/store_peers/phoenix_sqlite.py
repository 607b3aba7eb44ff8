"""Arize Phoenix on SQLite: its server on the loopback, spans by OTLP over HTTP through a BatchSpanProcessor."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
# OpenTelemetry keeps 128 attributes of a span, and a long conversation has more
os.environ.setdefault("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "100000")

from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found]
    OTLPSpanExporter,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from serving import free_port, served
from work import RARE, Backend, Call, main, on_disk

_PATIENCE_SECONDS = 8.0


class Phoenix(Backend):
    """OpenInference's attributes, sent as OpenTelemetry does by default."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "phoenix.db"
        self.server = contextlib.ExitStack()
        if "one" not in sys.argv:
            self._serve()
        exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{os.environ['PHOENIX_PORT']}/v1/traces")
        self.provider = TracerProvider()
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self.provider.get_tracer("bench")

    def _serve(self) -> None:
        os.environ["PHOENIX_PORT"], os.environ["PHOENIX_GRPC_PORT"] = str(free_port()), str(free_port())
        os.environ["PHOENIX_HOST"], os.environ["PHOENIX_WORKING_DIR"] = "127.0.0.1", str(self.folder)
        os.environ["PHOENIX_TELEMETRY_ENABLED"] = "false"
        command = [sys.executable, "-m", "phoenix.server.main", "serve"]
        address = f"http://127.0.0.1:{os.environ['PHOENIX_PORT']}/healthz"
        self.server.enter_context(served(command, address, self.folder / "server.log"))

    def prepared(self, call: Call) -> Any:
        attributes: dict[str, Any] = {
            "openinference.span.kind": "LLM",
            "llm.model_name": call.model,
            "llm.token_count.prompt": call.input_tokens,
            "llm.token_count.completion": call.output_tokens,
            "llm.token_count.total": call.input_tokens + call.output_tokens,
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": call.answer,
        }
        for number, (role, said) in enumerate(call.messages):
            attributes[f"llm.input_messages.{number}.message.role"] = role
            attributes[f"llm.input_messages.{number}.message.content"] = said
        return attributes

    def write(self, given: Any) -> None:
        with self.tracer.start_as_current_span("chat") as span:
            span.set_attributes(given)

    def flush(self) -> None:
        self.provider.force_flush(120_000)

    def settle(self) -> None:
        """The server answers before it inserts: waits until the number of rows stands still."""
        self.flush()
        last, since = self.count(), time.monotonic()
        while time.monotonic() - since < _PATIENCE_SECONDS:
            time.sleep(0.1)
            if (now := self.count()) != last:
                last, since = now, time.monotonic()
        self.idle_seconds = time.monotonic() - since

    def count(self) -> int:
        return int(self._asked("SELECT count(*) FROM spans")[0][0])

    def sizes(self) -> dict[str, int]:
        return {"store": on_disk(*self.folder.glob("phoenix.db*"))}

    def reads(self) -> dict[str, Callable[[], int]]:
        """By SQL on its file, which is faster than its own interface."""
        one = self._asked("SELECT span_id FROM spans LIMIT 1")[0][0]
        return {
            "open": lambda: len(self._asked("SELECT * FROM spans WHERE span_id = ?", one)),
            "search": lambda: len(self._asked("SELECT span_id FROM spans WHERE attributes LIKE ?", f"%{RARE}%")),
            "page": lambda: len(self._asked("SELECT * FROM spans ORDER BY start_time DESC LIMIT 50")),
        }

    def close(self) -> None:
        self.provider.shutdown()
        self.server.close()

    def _asked(self, sql: str, *values: Any) -> list[Any]:
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=60)) as connection:
            return connection.execute(sql, values).fetchall()


if __name__ == "__main__":
    main(Phoenix, f"phoenix {version('arize-phoenix')}")
