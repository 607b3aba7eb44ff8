"""What leaves for a back end: without keys, and without content where none is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast, final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Link, Status

from workbench.messages import Json
from workbench.traces.content import LEFT_OUT, captures_content, leave_out
from workbench.traces.encoding import dumps
from workbench.traces.foreign.said import parsed
from workbench.traces.redaction import redact
from workbench.traces.span import OpenSpan

if TYPE_CHECKING:
    from workbench.traces.store import Store

__all__ = ["CleanExporter", "Outlet"]

_STATUS: Final = "status"


@final
class Outlet(SpanProcessor):
    """Passes spans on to another processor; those whose content is not kept, without it.

    Args:
        inner: gets the spans.
        store: says whether content is kept, where no block around the span says.
    """

    def __init__(self, inner: SpanProcessor, store: Store) -> None:
        self._inner = inner
        self._store = store
        self._bare: set[int] = set()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """OpenTelemetry's hook: what holds here holds for the whole span."""
        context = span.get_span_context()
        if not captures_content(self._store.captures_content):
            self._bare.add(context.span_id)
        self._inner.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """OpenTelemetry's hook."""
        context = span.get_span_context()
        is_bare = context is not None and context.span_id in self._bare
        if context is not None and is_bare:
            self._bare.discard(context.span_id)
        self._inner.on_end(_copied(span, _without_content) if is_bare else span)

    def shutdown(self) -> None:
        """Of the processor that gets the spans."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Of the processor that gets the spans."""
        return self._inner.force_flush(timeout_millis)


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
        return self._inner.export([_copied(span, _values) for span in spans])

    def shutdown(self) -> None:
        """Of the exporter that sends them."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Of the exporter that sends them."""
        return self._inner.force_flush(timeout_millis)


def _copied(span: ReadableSpan, clean: Callable[[Mapping[str, Any]], dict[str, Any]]) -> ReadableSpan:
    """The span with all that was said of it cleaned."""
    status = span.status
    if status.description:
        told = clean({_STATUS: status.description}).get(_STATUS, LEFT_OUT)
        status = Status(status.status_code, told)
    return ReadableSpan(
        name=redact(span.name),
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=clean(span.attributes or {}),
        events=[Event(redact(event.name), clean(event.attributes or {}), event.timestamp) for event in span.events],
        links=[Link(link.context, clean(link.attributes or {})) for link in span.links],
        kind=span.kind,
        status=status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _without_content(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What the store would keep of them."""
    opened = OpenSpan({}, 0.0, attributes=dict(attributes))
    leave_out(opened)
    return opened.attributes


def _values(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {redact(name): _value(value) for name, value in attributes.items()}


def _value(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_value(item) for item in cast("Sequence[Any]", value)]
    if not isinstance(value, str):
        return value
    inside = parsed(value)
    if isinstance(inside, str):
        return redact(value)
    try:
        cleaned = _deep(inside)  # a key with a quote in it is spelt otherwise in JSON text
    except RecursionError:
        return LEFT_OUT
    return value if cleaned == inside else dumps(cleaned)


def _deep(value: Json) -> Json:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(name): _deep(item) for name, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_deep(item) for item in cast("list[Any]", value)]
    return value
