"""A span in OTLP's JSON: our own with every column, another library's as `foreign` reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from workbench.errors import DataError
from workbench.messages import Json, Message
from workbench.traces.conventions import ATTRIBUTES, CALLS, INPUT_MESSAGES, OUTPUT_MESSAGES
from workbench.traces.exchange.any_value import from_pairs, to_pairs
from workbench.traces.exchange.carried import CARRIED
from workbench.traces.exchange.message_body import as_message
from workbench.traces.exchange.whole_span import WholeSpan
from workbench.traces.foreign import Event, kind_of, read

__all__ = ["foreign_span", "from_otlp", "to_otlp"]

_EPOCH: Final = datetime(1970, 1, 1)
_COLUMN: Final = "workbench.column."
_ATTEMPT: Final = "workbench.attempt"
_MESSAGES: Final = {"input": INPUT_MESSAGES, "output": OUTPUT_MESSAGES}
_FIELDS: Final = frozenset({"span_id", "trace_id", "parent_id", "name", "started_at", "ended_at", "attributes"})
_CLIENT, _INTERNAL = 3, 1
_OK, _ERROR = 1, 2
_KINDS: Final = {"1": "internal", "2": "server", "3": "client", "4": "producer", "5": "consumer"}


def to_otlp(span: WholeSpan[Json]) -> dict[str, Json]:
    """The span as OTLP has it; a column without a name in the conventions goes under `workbench.column.`."""
    row = span.row
    said: dict[str, Json] = {
        ATTRIBUTES.get(name, _COLUMN + name): row[name].isoformat() if isinstance(row[name], datetime) else row[name]
        for name in CARRIED["spans"]
        if name not in _FIELDS and row.get(name) is not None
    }
    if row.get("finish_reason") is not None:
        said["gen_ai.response.finish_reasons"] = [row["finish_reason"]]
    said |= {_MESSAGES[way]: json.dumps(given, ensure_ascii=False) for way, given in span.messages.items()}
    kept = row.get("attributes")
    if kept is not None:
        said = {**(kept if isinstance(kept, dict) else {_COLUMN + "attributes": json.dumps(kept)}), **said}
    status: dict[str, Json] = {"code": _ERROR if row["status"] in ("error", "interrupted") else _OK}
    if row.get("error_message") is not None:
        status["message"] = row["error_message"]
    made: dict[str, Json] = {
        "traceId": row["trace_id"],
        "spanId": row["span_id"],
        "name": row["name"],
        "kind": _CLIENT if row["operation"] in CALLS else _INTERNAL,
        "startTimeUnixNano": _nanoseconds(row["started_at"]),
        "attributes": to_pairs(said),
        "status": status,
    }
    if row.get("parent_id") is not None:
        made["parentSpanId"] = row["parent_id"]
    if row.get("ended_at") is not None:
        made["endTimeUnixNano"] = _nanoseconds(row["ended_at"])
    if span.attempts:
        made["events"] = [_event(attempt, row["started_at"]) for attempt in span.attempts]
    if span.reads:
        made["links"] = [{"traceId": row["trace_id"], "spanId": read_id} for read_id in span.reads]
    return made


def from_otlp(given: Mapping[str, Any]) -> WholeSpan[Message]:
    """One of our own spans back, as `to_otlp` made it.

    Raises:
        DataError, KeyError, TypeError, ValueError: it is not.
    """
    said = from_pairs(given.get("attributes", ()))
    row = _placed(given)
    for name, kind in CARRIED["spans"].items():
        if name not in _FIELDS:
            value = said.pop(ATTRIBUTES.get(name, _COLUMN + name), None)
            row[name] = float(value) if kind == "DOUBLE" and value is not None else value
    if row["finish_reason"] is not None:
        said.pop("gen_ai.response.finish_reasons", None)
    messages = {
        way: [as_message(body) for body in json.loads(said.pop(name))]
        for way, name in _MESSAGES.items()
        if isinstance(said.get(name), str)
    }
    odd = said.pop(_COLUMN + "attributes", None)
    row["attributes"] = said or (None if odd is None else json.loads(odd))
    attempts = [_attempt(event) for event in given.get("events", ()) if event.get("name") == _ATTEMPT]
    return WholeSpan(row, messages, attempts, [link["spanId"] for link in given.get("links", ())])


def foreign_span(
    given: Mapping[str, Any], scope: Mapping[str, Any], resource: Mapping[str, Json], schema_url: str | None
) -> WholeSpan[Message]:
    """Another library's span in the store's columns.

    Raises:
        DataError, KeyError, TypeError, ValueError: it is no span.
    """
    said = from_pairs(given.get("attributes", ()))
    row = _placed(given)
    events = [
        Event(str(event.get("name", "")), from_pairs(event.get("attributes", ())), int(event.get("timeUnixNano") or 0))
        for event in cast("Sequence[Mapping[str, Any]]", given.get("events", ()))
    ]
    reading = read(said, events, int(given["startTimeUnixNano"]))
    status = given.get("status", {})
    row |= {
        "operation": kind_of(said) or _KINDS.get(str(given.get("kind", 1)), str(given.get("kind"))),
        "status": "error" if status.get("code") in (_ERROR, "STATUS_CODE_ERROR") else "ok",
        "error_message": status.get("message") or None,
        "instrumentation": scope.get("name") or None,
        "schema_url": schema_url,
    }
    if row["ended_at"] is not None:
        nanoseconds = int(given["endTimeUnixNano"]) - int(given["startTimeUnixNano"])
        row["duration_ms"] = nanoseconds / 1e6
    kept: dict[str, Json] = dict(reading.attributes)
    if resource:
        kept["resource"] = dict(resource)
    if reading.events:
        kept["events"] = [
            {"name": event.name, "time_unix_nano": event.time_unix_nano, "attributes": dict(event.attributes)}
            for event in reading.events
        ]
    row |= {**reading.columns, "attributes": kept or None}
    messages = {"input": list(reading.inputs), "output": list(reading.outputs)}
    links = [str(link["spanId"]) for link in given.get("links", ())]
    return WholeSpan(row, {way: found for way, found in messages.items() if found}, [], links)


def _placed(given: Mapping[str, Any]) -> dict[str, Any]:
    """What every span has, whoever made it."""
    if not given.get("spanId") or not given.get("traceId"):
        raise DataError("a span has no spanId or no traceId")
    return {
        "span_id": str(given["spanId"]).lower(),
        "trace_id": str(given["traceId"]).lower(),
        "parent_id": str(given["parentSpanId"]).lower() if given.get("parentSpanId") else None,
        "name": str(given.get("name", "")),
        "started_at": _moment(given["startTimeUnixNano"]),
        "ended_at": _moment(given["endTimeUnixNano"]) if int(given.get("endTimeUnixNano", 0)) else None,
    }


def _event(attempt: Mapping[str, Any], started_at: datetime) -> dict[str, Json]:
    said = {name: value for name, value in attempt.items() if name != "started_at" and value is not None}
    at = attempt.get("started_at")
    if at is None:
        said["time_is_unknown"] = True
    return {"name": _ATTEMPT, "timeUnixNano": _nanoseconds(at or started_at), "attributes": to_pairs(said)}


def _attempt(event: Mapping[str, Any]) -> dict[str, Any]:
    said = from_pairs(event.get("attributes", ()))
    return said | {"started_at": None if said.pop("time_is_unknown", False) else _moment(event["timeUnixNano"])}


def _nanoseconds(moment: datetime) -> str:
    return str((moment - _EPOCH) // timedelta(microseconds=1) * 1000)


def _moment(nanoseconds: str | int) -> datetime:
    return (_EPOCH + timedelta(microseconds=int(nanoseconds) // 1000)).replace(tzinfo=UTC)
