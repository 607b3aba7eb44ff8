"""A sample of an Inspect log: its row, its scores, and a trace with its model calls and tool calls."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from workbench.messages import Json, Message
from workbench.traces.encoding import dumps
from workbench.traces.exchange.identity import span_id_of, trace_id_of
from workbench.traces.exchange.inspect_messages import messages_of, resolved
from workbench.traces.exchange.intake import Intake
from workbench.traces.exchange.json_shapes import items, moment, object_of
from workbench.traces.exchange.whole_span import WholeSpan
from workbench.traces.foreign import names

__all__ = ["take_sample"]

_NO_COST: Final = "Inspect recorded no cost"
_TRUTHS: Final = {"C": True, "I": False}  # its letters for correct and incorrect


def take_sample(
    given: Mapping[str, Any], position: int, run_id: str, evaluation: Mapping[str, Any], intake: Intake
) -> None:
    """Takes a sample's row, scores and spans.

    Args:
        given: the sample, as the log has it.
        position: its place in the log.
        run_id: of the evaluation.
        evaluation: what the log's header says of it.
        intake: where the rows go.
    """
    sample = cast("Mapping[str, Any]", resolved(given, object_of(given.get("attachments"))))
    program, sample_id = str(evaluation["model"]), str(sample["id"])
    place = {"run_id": run_id, "program": program, "sample_id": sample_id, "repetition": int(sample["epoch"]) - 1}
    names_ = (run_id, program, sample_id, str(sample["epoch"]))
    spans = list(_spans(sample, names_, place))
    calls = [span.row for span in spans if span.row["operation"] == "chat"]
    error, output = object_of(sample.get("error")), object_of(sample.get("output"))
    started_at = moment(sample.get("started_at")) or min((span.row["started_at"] for span in spans), default=None)
    ended_at = moment(sample.get("completed_at"))
    seconds = sample.get("total_time")
    status = "error" if error else "ok"
    intake.row(
        "samples",
        {
            **place,
            "position": position,
            "input": sample.get("input"),
            "target": sample.get("target"),
            "output": output.get("completion"),
            "output_text": output.get("completion"),
            "output_kind": "text" if output.get("completion") else "no_answer",
            "status": status,
            "error_message": error.get("message"),
            "trace_id": trace_id_of(*names_),
            "started_at": started_at,
            "duration_ms": None if seconds is None else seconds * 1000.0,
            "calls": len(calls),
            "input_tokens": _total(calls, "input_tokens"),
            "output_tokens": _total(calls, "output_tokens"),
            "cost_reason": _NO_COST,
        },
    )
    for scorer, given_score in object_of(sample.get("scores")).items():
        score = object_of(given_score)
        for name, value in _values(scorer, score.get("value")):
            intake.row("scores", {**place, "scorer": name, "reason": score.get("explanation"), **_typed(value)})
    if started_at is not None:
        intake.span(WholeSpan(_root(names_, place, str(evaluation["task"]), status, error, started_at, ended_at)))
    for span in spans:
        intake.span(span)


def _root(
    names_: tuple[str, ...],
    place: Mapping[str, Any],
    task: str,
    status: str,
    error: Mapping[str, Any],
    started_at: datetime,
    ended_at: datetime | None,
) -> dict[str, Any]:
    return {
        **_identity(names_, "sample", None),
        **place,
        **_timed(started_at, ended_at),
        "name": f"invoke_agent {task}",
        "operation": "invoke_agent",
        "status": status,
        "error_message": error.get("message"),
    }


def _spans(
    sample: Mapping[str, Any], names_: tuple[str, ...], place: Mapping[str, Any]
) -> Iterator[WholeSpan[Message]]:
    pool = items(object_of(sample.get("events_data")).get("messages"))
    root = span_id_of(*names_, "sample")
    for number, event in enumerate(map(object_of, items(sample.get("events")))):
        if event.get("event") not in ("model", "tool"):
            continue
        row = {**_identity(names_, str(event.get("uuid") or number), root), **place}
        row |= _timed(moment(event["timestamp"]), moment(event.get("completed")))
        row |= {"status": "error" if event.get("error") else "interrupted" if event.get("pending") else "ok"}
        yield _model_call(event, pool, row) if event["event"] == "model" else _tool_call(event, row)


def _model_call(event: Mapping[str, Any], pool: Sequence[Any], row: dict[str, Any]) -> WholeSpan[Message]:
    output = object_of(event.get("output"))
    usage, choices = object_of(output.get("usage")), [object_of(one) for one in items(output.get("choices"))]
    provider, _, model = str(event["model"]).rpartition("/")
    asked = items(event.get("input"))  # or where they stand in the list of all messages
    asked = [*asked, *(one for start, end in items(event.get("input_refs")) for one in pool[start:end])]
    config = {name: value for name, value in object_of(event.get("config")).items() if value is not None}
    kept: dict[str, Json] = {f"gen_ai.request.{name}": value for name, value in config.items()}
    if event.get("tools"):
        kept["gen_ai.tool.definitions"] = [{"type": "function", **tool} for tool in items(event["tools"])]
    parts_of_input = ("input_tokens", "input_tokens_cache_read", "input_tokens_cache_write")
    row |= {
        "name": f"chat {model}",
        "operation": "chat",
        "model": model,
        "provider": names.provider(provider) if provider else None,
        "response_model": output.get("model"),
        "finish_reason": names.finish_reason(str(choices[0]["stop_reason"])) if choices else None,
        # Inspect counts cached tokens apart; the column includes them
        "input_tokens": sum(usage.get(name) or 0 for name in parts_of_input) if "input_tokens" in usage else None,
        "output_tokens": usage.get("output_tokens"),
        "cache_read_tokens": usage.get("input_tokens_cache_read"),
        "cache_write_tokens": usage.get("input_tokens_cache_write"),
        "reasoning_tokens": usage.get("reasoning_tokens"),
        "cost_reason": _NO_COST,
        "error_message": event.get("error"),
        "attributes": kept or None,
    }
    messages = {"input": messages_of(asked), "output": messages_of([one["message"] for one in choices])}
    return WholeSpan(row, {way: found for way, found in messages.items() if found})


def _tool_call(event: Mapping[str, Any], row: dict[str, Any]) -> WholeSpan[Message]:
    error = object_of(event.get("error"))
    row |= {
        "name": f"execute_tool {event['function']}",
        "operation": "execute_tool",
        "tool_name": event["function"],
        "error_type": error.get("type"),
        "error_message": error.get("message"),
        "attributes": {
            "gen_ai.tool.call.id": event.get("id"),
            "gen_ai.tool.call.arguments": event.get("arguments"),
            "gen_ai.tool.call.result": event.get("result"),
        },
    }
    return WholeSpan(row)


def _identity(names_: tuple[str, ...], name: str, parent_id: str | None) -> dict[str, Any]:
    made = {"span_id": span_id_of(*names_, name), "trace_id": trace_id_of(*names_)}
    return {**made, "parent_id": parent_id, "instrumentation": "inspect"}


def _timed(started_at: datetime | None, ended_at: datetime | None) -> dict[str, Any]:
    seconds = None if started_at is None or ended_at is None else (ended_at - started_at).total_seconds()
    return {"started_at": started_at, "ended_at": ended_at, "duration_ms": None if seconds is None else seconds * 1e3}


def _values(scorer: str, value: Json) -> Iterator[tuple[str, Json]]:
    """A score of several values is several scores."""
    if isinstance(value, Mapping):
        for name, one in cast("Mapping[str, Json]", value).items():
            yield f"{scorer}.{name}", one
    else:
        yield scorer, value


def _typed(value: Json) -> dict[str, Any]:
    match value:
        case bool():
            return {"kind": "bool", "bool": value}
        case "C" | "I":
            return {"kind": "bool", "bool": _TRUTHS[value]}
        case int() | float() if math.isfinite(value):
            return {"kind": "number", "number": float(value)}
        case str():
            return {"kind": "label", "label": value}
        case list():
            return {"kind": "label", "label": dumps(cast("Json", value))}
        case _:
            return {"kind": "missing"}


def _total(rows: Sequence[Mapping[str, Any]], name: str) -> int | None:
    """A sum; unknown where nothing is known."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None
