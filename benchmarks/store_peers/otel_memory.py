"""The other floor: OpenTelemetry's SDK into a list in memory, which no process survives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from work import Backend, Call, main


class InMemory(Backend):
    """The GenAI conventions' attributes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer("bench")

    def write(self, given: Any) -> None:
        call: Call = given
        with self.tracer.start_as_current_span("chat") as span:
            span.set_attribute("gen_ai.operation.name", "chat")
            span.set_attribute("gen_ai.request.model", call.model)
            span.set_attribute("gen_ai.usage.input_tokens", call.input_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", call.output_tokens)
            asked = [{"role": role, "parts": [{"type": "text", "content": said}]} for role, said in call.messages]
            span.set_attribute("gen_ai.input.messages", json.dumps(asked))
            answer = {"role": "assistant", "parts": [{"type": "text", "content": call.answer}]}
            span.set_attribute("gen_ai.output.messages", json.dumps([answer]))

    def settle(self) -> None:
        """It is in the list."""

    def count(self) -> int:
        return len(self.exporter.get_finished_spans())

    def sizes(self) -> dict[str, int]:
        return {"store": 0}


if __name__ == "__main__":
    main(InMemory, "opentelemetry in memory")
