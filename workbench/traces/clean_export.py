"""An exporter behind which no key is seen: what it is given it cleans first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, final

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Link, Status

from workbench.messages import Json
from workbench.traces.encoding import dumps
from workbench.traces.foreign.said import parsed
from workbench.traces.redaction import redact

__all__ = ["CleanExporter"]


@final
class CleanExporter(SpanExporter):
    """Cuts keys, and what the redaction rules name, out of spans before another exporter gets them.

    Args:
        inner: the exporter that sends them.
    """

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Sends the spans, cleaned."""
        return self._inner.export([_clean(span) for span in spans])

    def shutdown(self) -> None:
        """Of the exporter that sends them."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Of the exporter that sends them."""
        return self._inner.force_flush(timeout_millis)


def _clean(span: ReadableSpan) -> ReadableSpan:
    status = span.status
    return ReadableSpan(
        name=redact(span.name),
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=_values(span.attributes),
        events=[Event(redact(event.name), _values(event.attributes), event.timestamp) for event in span.events],
        links=[Link(link.context, _values(link.attributes)) for link in span.links],
        kind=span.kind,
        status=Status(status.status_code, redact(status.description)) if status.description else status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _values(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {redact(name): _value(value) for name, value in (attributes or {}).items()}


def _value(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_value(item) for item in cast("Sequence[Any]", value)]
    if not isinstance(value, str):
        return value
    inside = parsed(value)
    if isinstance(inside, str):
        return redact(value)
    cleaned = _deep(inside)  # a key with a quote in it is spelt otherwise in JSON text
    return value if cleaned == inside else dumps(cleaned)


def _deep(value: Json) -> Json:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(name): _deep(item) for name, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_deep(item) for item in cast("list[Any]", value)]
    return value
