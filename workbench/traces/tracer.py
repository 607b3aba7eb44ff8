"""OpenTelemetry spans into the journal, our own and those of instrumented libraries."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextvars import Token
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from opentelemetry import context as otel_context
from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace import Span as OtelSpan
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from workbench.errors import DataError
from workbench.messages import Message, message_from_json
from workbench.traces.conventions import ATTRIBUTES, CALLS, COLUMN_OF, INPUT_MESSAGES, OPERATION, OUTPUT_MESSAGES
from workbench.traces.meter import current_meters
from workbench.traces.row import checked, timestamp
from workbench.traces.schema import SCHEMA_URL
from workbench.traces.scope import Scope, current_scope
from workbench.traces.span import OpenSpan, Span

if TYPE_CHECKING:
    from workbench.traces.store import Store

__all__ = ["Tracer"]

_UNLIMITED: Final = SpanLimits.UNSET
_TAGS: Final = tuple(Scope.__dataclass_fields__)


class _Provider(TracerProvider):
    """A provider of this process alone: no limits, no resource detection, and not switched off by OTEL_SDK_DISABLED,
    which is meant for exporters."""

    def __init__(self) -> None:
        limits = SpanLimits(
            max_attributes=_UNLIMITED,
            max_events=_UNLIMITED,
            max_links=_UNLIMITED,
            max_span_attributes=_UNLIMITED,
            max_event_attributes=_UNLIMITED,
            max_link_attributes=_UNLIMITED,
            max_attribute_length=_UNLIMITED,
            max_span_attribute_length=_UNLIMITED,
        )
        resource = Resource({"service.name": "research-workbench"})
        super().__init__(sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=False, span_limits=limits)
        self._disabled = False
        self.processors = 0

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        self.processors += 1
        super().add_span_processor(span_processor)


class Tracer(SpanProcessor):
    """Writes every span of its provider to the store's journal, at its start and at its end.

    Args:
        store: where the records go.

    Attributes:
        provider: give it to an instrumentor (`tracer_provider=`) and that library's spans come into the store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[int, OpenSpan] = {}
        self.provider = _Provider()
        self.provider.add_span_processor(self)
        self._tracer = self.provider.get_tracer("workbench", schema_url=SCHEMA_URL)
        carrier = {"traceparent": os.environ.get("TRACEPARENT", "")}
        self._above = TraceContextTextMapPropagator().extract(carrier, Context())

    def start(self, operation: str, name: str, parent: Span | None) -> Span:
        """Starts one of our own spans under `parent`, the current span, or the process that started this one."""
        context = None if parent is None else otel.set_span_in_context(parent.handle, Context())
        if context is None and not otel.get_current_span().get_span_context().is_valid:
            context = self._above
        handle = self._tracer.start_span(name, context, attributes={OPERATION: operation})
        return Span(self, handle, self._open[handle.get_span_context().span_id])

    def end(self, handle: Any, opened: OpenSpan) -> None:
        """Ends one of our own spans; its columns become attributes, for whoever else listens to the provider."""
        if handle.is_recording():
            row = opened.row
            if self.provider.processors > 1:
                handle.set_attributes({ATTRIBUTES[name]: row[name] for name in ATTRIBUTES if row.get(name) is not None})
            handle.end()

    def enter(self, handle: Any) -> Token[Context]:
        """Makes the span the parent of what follows in this context."""
        return otel_context.attach(otel.set_span_in_context(handle))

    def leave(self, handle: Any, token: Token[Context]) -> None:
        """Undoes `enter`; in a context that never entered (a generator closed elsewhere) there is nothing to undo."""
        if otel.get_current_span() is handle:
            otel_context.detach(token)

    def on_start(self, span: OtelSpan, parent_context: Context | None = None) -> None:
        """OpenTelemetry's hook: journals the start, so that a killed process leaves a trace of what it was doing."""
        own = span.get_span_context()
        above = span.parent
        outer = None if above is None else self._open.get(above.span_id)
        attributes = span.attributes or {}
        row: dict[str, Any] = {
            "span_id": f"{own.span_id:016x}",
            "trace_id": f"{own.trace_id:032x}",
            "parent_id": None if above is None else f"{above.span_id:016x}",
            "name": span.name,
            "operation": attributes.get(OPERATION) or span.kind.name.lower(),
            "status": "running",
            "started_at": timestamp(datetime.now(UTC)),
            "session": self._store.journal.session,
        }
        scope = current_scope()
        row.update({tag: value for tag in _TAGS if (value := getattr(scope, tag)) is not None})
        in_call = outer is not None and (outer.in_call or outer.row["operation"] in CALLS)
        self._store.append({"start": row})
        self._open[own.span_id] = OpenSpan(row, time.perf_counter(), current_meters(), in_call)

    def on_end(self, span: ReadableSpan) -> None:
        """OpenTelemetry's hook: journals the whole span."""
        context = span.get_span_context()
        opened = None if context is None else self._open.pop(context.span_id, None)
        if opened is None:
            return
        row = opened.row
        row["duration_ms"] = (time.perf_counter() - opened.begun) * 1000.0
        row["ended_at"] = timestamp(datetime.now(UTC))
        row["schema_url"] = SCHEMA_URL
        self._take_attributes(span, opened)
        if row["status"] == "running":
            row["status"] = "error" if span.status.status_code is StatusCode.ERROR else "ok"
            if span.status.description is not None:
                row["error_message"] = span.status.description
        if row["operation"] in CALLS and not opened.in_call:
            for meter in opened.meters:
                meter.add(row)
        self._store.append_span(opened)

    def _take_attributes(self, span: ReadableSpan, opened: OpenSpan) -> None:
        """What was said through OpenTelemetry's own API: columns where there is one, the rest as it is."""
        row, kept = opened.row, dict(opened.attributes)
        for key, value in (span.attributes or {}).items():
            column = COLUMN_OF.get(key)
            if key == OPERATION:
                row["operation"] = str(value)  # a library may say it only after the start
            elif column is None and key not in (INPUT_MESSAGES, OUTPUT_MESSAGES):
                kept.setdefault(key, value)
            elif column is None:
                messages = _messages(value)
                if messages is None:
                    kept.setdefault(key, value)
                else:
                    direction = "input" if key == INPUT_MESSAGES else "output"
                    opened.messages.setdefault(direction, messages)
            elif row.get(column) is None:
                try:
                    row.update(checked("spans", {column: value}))
                except TypeError:
                    kept.setdefault(key, value)
        events = span.events
        if events:
            kept["events"] = [
                {"name": event.name, "time_unix_nano": event.timestamp, "attributes": dict(event.attributes or {})}
                for event in events
            ]
        row["attributes"] = kept or None


def _messages(value: Any) -> list[Message] | None:
    """Messages from the JSON text of the GenAI conventions; None where it is not what this version reads."""
    try:
        bodies = json.loads(value) if isinstance(value, str) else value
        if not isinstance(bodies, Sequence):
            return None
        return [message_from_json(cast("Mapping[str, Any]", body)) for body in cast("Sequence[Any]", bodies)]
    except (ValueError, KeyError, TypeError, AttributeError, DataError):
        return None
