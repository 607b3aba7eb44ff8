"""The ears: what other libraries tell OpenTelemetry goes to the store that is current when they begin."""

from __future__ import annotations

import base64
import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, cast

from opentelemetry.context import Context
from opentelemetry.sdk._logs import LogRecordProcessor
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanContext

from workbench.errors import StoreError
from workbench.messages import Json
from workbench.traces.conventions import INPUT_MESSAGES, OUTPUT_MESSAGES, SYSTEM_INSTRUCTIONS, TOOL_DEFINITIONS
from workbench.traces.foreign.event import Event
from workbench.traces.journal import StoreWarning
from workbench.traces.store import store

if TYPE_CHECKING:
    from workbench.traces.tracer import Tracer

__all__ = ["ContentHook", "Listener", "LogListener"]

DETAILS: Final = "gen_ai.client.inference.operation.details"


class Listener(SpanProcessor):
    """Hears the spans of a provider that is not the store's own.

    Nothing here fails the program that is listened to: a store that cannot be written is said once, as a warning.

    Attributes:
        is_active: whether spans that begin now are stored; one that has begun is stored when it ends.
    """

    def __init__(self) -> None:
        self.is_active = True
        self._complained = False
        self._tracers: dict[str, Tracer] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """OpenTelemetry's hook: the start goes to the current store."""
        if not self.is_active:
            return
        try:
            tracer = store().tracer
            tracer.on_start(span, parent_context)
        except StoreError as error:
            self._complain(error)
            return
        self._tracers[_id(span.get_span_context())] = tracer

    def on_end(self, span: ReadableSpan) -> None:
        """OpenTelemetry's hook: the end goes to the store of the start."""
        tracer = self._tracers.pop(_id(span.get_span_context()), None)
        if tracer is not None:
            tracer.on_end(span)

    def tell(self, context: SpanContext, event: Event) -> None:
        """Something that belongs to an open span comes by another way; of a span that is not heard it is nothing."""
        id = _id(context)
        tracer = self._tracers.get(id)
        if tracer is None and self.is_active:
            try:
                tracer = store().tracer
            except StoreError as error:
                self._complain(error)
        if tracer is not None:
            tracer.tell(id, event)

    def _complain(self, error: StoreError) -> None:
        if not self._complained:
            self._complained = True
            warnings.warn(f"Other libraries' calls are not stored: {error}", StoreWarning, stacklevel=3)


class LogListener(LogRecordProcessor):
    """Hears log records: the older GenAI conventions tell each message as one, the newer ones all of a call."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def on_emit(self, log_record: Any) -> None:
        """OpenTelemetry's hook; what is no event of the GenAI conventions is left alone."""
        record = log_record.log_record
        said: Mapping[str, Any] = record.attributes or {}
        name = getattr(record, "event_name", None) or said.get("event.name")
        if isinstance(name, str) and name.startswith("gen_ai.") and record.span_id and record.trace_id:
            body = _object(record.body)
            context = SpanContext(record.trace_id, record.span_id, is_remote=False)
            self._listener.tell(context, Event(name, {**said, **body}, record.timestamp))

    emit = on_emit  # its name in versions of the SDK before 1.36

    def shutdown(self) -> None:
        """Nothing is kept."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is kept."""
        return True


class ContentHook:
    """Given to OpenTelemetry's own GenAI instrumentors: hears the messages of a call, which they write nowhere else
    unless the environment says so, and which no other exporter gets to see this way."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def on_completion(
        self,
        *,
        inputs: Sequence[Any] = (),
        outputs: Sequence[Any] = (),
        system_instruction: Sequence[Any] = (),
        tool_definitions: Sequence[Any] | None = None,
        span: Any = None,
        **_: Any,
    ) -> None:
        """OpenTelemetry's hook: a call is over, its span is not."""
        if span is None:
            return
        given = {
            INPUT_MESSAGES: inputs,
            OUTPUT_MESSAGES: outputs,
            SYSTEM_INSTRUCTIONS: system_instruction,
            TOOL_DEFINITIONS: tool_definitions,
        }
        self._listener.tell(
            span.get_span_context(), Event(DETAILS, {name: _plain(value) for name, value in given.items() if value})
        )


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _plain(value: Any) -> Json:
    """Dataclasses as JSON has them; bytes as the conventions spell them, in base64."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {name: _plain(item) for name, item in fields if item is not None}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("Sequence[Any]", value)]
    return value


def _id(context: SpanContext | None) -> str:
    return "" if context is None else f"{context.span_id:016x}"
