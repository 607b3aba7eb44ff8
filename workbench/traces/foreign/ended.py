"""An ended foreign span, written into the row, the messages and the attributes that the store keeps of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from workbench.messages import Json, Usage
from workbench.prices import cost_usd
from workbench.traces.conventions import ATTRIBUTES, CALLS, NESTED, TOKENS, WORK
from workbench.traces.foreign.event import Event
from workbench.traces.foreign.reading import Reading, kind_of, read
from workbench.traces.row import checked
from workbench.traces.span import OpenSpan

__all__ = ["settle"]

COUNTED: Final = "counted with the call around it"
_UNKNOWN: Final = "the call ended before its usage was known"
_INTERRUPTIONS: Final = ("KeyboardInterrupt", "CancelledError", "GeneratorExit")
_NANOSECONDS: Final = 1_000_000_000


def settle(opened: OpenSpan, span: ReadableSpan) -> list[dict[str, Json]]:
    """Fills in what an ended span of another library says.

    Args:
        opened: what the store gathers of it.
        span: as OpenTelemetry's SDK ended it.

    Returns:
        The events that did not become messages.
    """
    events = [Event(event.name, dict(event.attributes or {}), event.timestamp) for event in span.events]
    reading = _read(span, [*events, *opened.told])
    attributes = dict(reading.attributes)
    _columns(opened.row, attributes, reading.columns)
    if reading.inputs:
        opened.messages.setdefault("input", list(reading.inputs))
    if reading.outputs:
        opened.messages.setdefault("output", list(reading.outputs))
    scope = span.instrumentation_scope
    opened.row["instrumentation"] = f"{scope.name} {scope.version or ''}".rstrip() if scope is not None else None
    _status(opened.row, span, reading.events)
    _count(opened, attributes)
    _price(opened.row, span.start_time)
    if span.links:
        attributes["links"] = [
            {"trace_id": f"{link.context.trace_id:032x}", "span_id": f"{link.context.span_id:016x}"}
            for link in span.links
        ]
    for name, value in attributes.items():
        opened.attributes.setdefault(name, value)
    return [
        {"name": event.name, "time_unix_nano": event.time_unix_nano, "attributes": dict(event.attributes)}
        for event in reading.events
    ]


def _read(span: ReadableSpan, events: Sequence[Event]) -> Reading:
    """What it says, or as it is where that cannot be read: no caller of another library fails for its traces."""
    said = span.attributes or {}
    try:
        return read(said, events, span.start_time)
    except Exception as error:  # noqa: BLE001 - what others say may have any shape
        return Reading({}, attributes={**said, "workbench.foreign.unread": repr(error)}, events=events)


def _columns(row: dict[str, Any], attributes: dict[str, Json], said: Mapping[str, Any]) -> None:
    """What our scope says of a span stays; what the library says instead is kept beside it."""
    for column, value in said.items():
        known = None if column == "operation" else row.get(column)
        if known is None:
            try:
                row.update(checked("spans", {column: value}))
                continue
            except TypeError:  # a count that no column holds
                pass
        if value != known:
            attributes.setdefault(ATTRIBUTES.get(column, f"workbench.foreign.{column}"), value)


def _status(row: dict[str, Any], span: ReadableSpan, events: Sequence[Event]) -> None:
    """How it ended: an interrupt is no error, also where the library says so."""
    raised = next((event.attributes for event in reversed(events) if event.name == "exception"), None)
    if span.status.status_code is not StatusCode.ERROR:
        return
    said = raised or {}
    kind = row.get("error_type") or said.get("exception.type")
    row["error_type"] = None if kind is None else str(kind)
    row["error_message"] = span.status.description or said.get("exception.message")
    row["status"] = "interrupted" if str(kind).rpartition(".")[2] in _INTERRUPTIONS else "error"


def _count(opened: OpenSpan, attributes: dict[str, Json]) -> None:
    """Counts each token at one span: the outermost call, or a span around no call that states its total.

    A call inside another call is the same request once more (a framework's span around the SDK's), so the outer one
    counts; where the outer one states no usage, it takes that of the calls inside. Agents and workflows state the sum
    of their calls: where these were recorded, the sum goes to `attributes`. A call inside a tool, inside a call, is
    another request.
    """
    row, is_call = opened.row, opened.row["operation"] in CALLS
    around = _around(opened)
    opened.in_call = around is not None
    counts = {name: row[name] for name in TOKENS if row.get(name) is not None}
    if is_call and not counts and opened.inside:
        for usage in opened.inside:
            for name, count in usage.items():
                row[name] = counts[name] = counts.get(name, 0) + count
    if is_call and around is not None:
        around.inside.append(counts)
        row["operation"] = f"{NESTED}{row['operation']}"
    if around is not None or (not is_call and opened.is_counted):
        for name in counts:
            attributes[ATTRIBUTES[name]] = row.pop(name)
        stated = row.pop("cost_usd", None)
        if stated is not None:
            attributes["workbench.foreign.cost_usd"] = stated
        if is_call:
            row.update(cost_usd=0.0, cost_reason=COUNTED)
    elif counts:
        for span in _outer(opened):
            span.is_counted = True


def _around(opened: OpenSpan) -> OpenSpan | None:
    """The call of which this span is a part."""
    for span in _outer(opened):
        if _is_call(span):
            return span
        if span.row["operation"] in WORK:
            return None
    return None


def _is_call(opened: OpenSpan) -> bool:
    """Whether a span asks a model; a library may say so only after it began."""
    if opened.row["operation"].removeprefix(NESTED) in CALLS:
        return True
    return opened.heard is not None and kind_of(opened.heard.attributes or {}) in CALLS


def _outer(opened: OpenSpan) -> list[OpenSpan]:
    found: list[OpenSpan] = []
    while opened.outer is not None:
        found.append(opened := opened.outer)
    return found


def _price(row: dict[str, Any], started_ns: int | None) -> None:
    """What the call cost: as stated, else by the price table."""
    if row.get("cost_usd") is not None:
        if row.get("cost_reason") is None:
            row["price_version"] = f"stated by {row['instrumentation']}"
        return
    if row["operation"] not in CALLS:
        return
    model, provider = row.get("model"), row.get("provider")
    if row["status"] != "running" and row.get("input_tokens") is None:
        row["cost_reason"] = _UNKNOWN
        return
    if model is None or provider is None:
        row["cost_reason"] = f"the {'model' if model is None else 'provider'} is not known"
        return
    usage = Usage(**{name: row.get(name) for name in TOKENS}, approximate=False)
    at = None if started_ns is None else datetime.fromtimestamp(started_ns / _NANOSECONDS, UTC)
    price = cost_usd(f"{provider}:{model}", usage, at)
    if price.usd is None and row.get("response_model") not in (None, model):
        answered = cost_usd(f"{provider}:{row['response_model']}", usage, at)
        price = price if answered.usd is None else answered
    row.update(cost_usd=price.usd, cost_reason=price.reason, price_version=price.version)
