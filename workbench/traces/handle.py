"""A handle: one of our own spans as OpenTelemetry sees it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, final

from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

if TYPE_CHECKING:
    from workbench.traces.span import OpenSpan

__all__ = ["Handle"]


@final
class Handle(OtelSpan):
    """Stands in OpenTelemetry's context, so that instrumented libraries' spans become children of ours.

    A span of OpenTelemetry's SDK does the same for ten times the time; what is said to this one through
    OpenTelemetry's own API is stored like what is said to such a span.

    Args:
        opened: the span.
        end: ends it; given this handle.
    """

    def __init__(self, opened: OpenSpan, end: Callable[[Handle], None]) -> None:
        self.opened = opened
        self.attributes: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.status = Status()
        self._end = end
        self._context: SpanContext | None = None

    def get_span_context(self) -> SpanContext:
        """The ids, as numbers."""
        if self._context is None:
            row = self.opened.row
            self._context = SpanContext(
                int(row["trace_id"], 16), int(row["span_id"], 16), is_remote=False, trace_flags=TraceFlags(1)
            )
        return self._context

    def is_recording(self) -> bool:
        """Until the span ends."""
        return not self.opened.is_ended

    def set_attribute(self, key: str, value: Any) -> None:
        """Kept as for any OpenTelemetry span: a column where there is one."""
        if self.is_recording():
            self.attributes[key] = value

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Each of them."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def add_event(self, name: str, attributes: Mapping[str, Any] | None = None, timestamp: int | None = None) -> None:
        """Kept in `attributes` under `events`."""
        if self.is_recording():
            moment = time.time_ns() if timestamp is None else timestamp
            self.events.append({"name": name, "time_unix_nano": moment, "attributes": dict(attributes or {})})

    def update_name(self, name: str) -> None:
        """What a reader sees."""
        if self.is_recording():
            self.opened.row["name"] = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """An error makes the span one, unless our own API says how it ended."""
        if self.is_recording():
            self.status = status if isinstance(status, Status) else Status(status, description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Mapping[str, Any] | None = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """An event named `exception`, with type, message and traceback."""
        told = {
            "exception.type": type(exception).__qualname__,
            "exception.message": str(exception),
            "exception.stacktrace": "".join(traceback.format_exception(exception)),
            "exception.escaped": str(escaped),
        }
        self.add_event("exception", told | dict(attributes or {}), timestamp)

    def end(self, end_time: int | None = None) -> None:
        """Ends and stores the span; a second time does nothing."""
        self._end(self)
