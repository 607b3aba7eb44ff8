"""The dialect of OpenTelemetry's GenAI conventions, new names and old, with OpenLLMetry's and pydantic-ai's additions.

https://github.com/open-telemetry/semantic-conventions-genai; the older names are those of semantic-conventions 1.27 to
1.36, and of OpenLLMetry up to 0.5x.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from workbench.messages import Json, Message, Part, ToolResult
from workbench.traces.conventions import (
    INPUT_MESSAGES,
    OUTPUT_MESSAGES,
    SPELLINGS,
    SYSTEM_INSTRUCTIONS,
    TOKENS,
    TOOL_DEFINITIONS,
)
from workbench.traces.foreign import names, parts
from workbench.traces.foreign.event import Event
from workbench.traces.foreign.said import Said, members, parsed

__all__ = ["EventsRead", "columns", "messages", "take_events"]

_TEXTS: Final = ("operation", "model", "response_model", "response_id", "conversation", "tool_name", "error_type")
_REASONS: Final = (
    "gen_ai.response.finish_reasons",
    "gen_ai.response.finish_reason",
    "llm.response.finish_reason",
    "anthropic.message.stop_reason",
)
# spelt as JSON text on spans, because attributes do not nest; our own spans have them as values
_JSON: Final = {
    TOOL_DEFINITIONS: (),
    "gen_ai.tool.call.arguments": ("tool_arguments",),
    "gen_ai.tool.call.result": ("tool_response",),
    "gen_ai.retrieval.documents": (),
}
_MESSAGES: Final = {  # the old conventions' events, one for each message
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CHOICE: Final = "gen_ai.choice"
_DETAILS: Final = ("gen_ai.client.inference.operation.details", "gen_ai.content.prompt", "gen_ai.content.completion")
_CHUNKS: Final = ("gen_ai.content.completion.chunk", "First Token Stream Event")

Messages = tuple[list[Message], list[Message]]


@dataclass(frozen=True, slots=True)
class EventsRead:
    """What events say: messages read and written, why the model stopped, the first chunk; and what is left of them."""

    messages: Messages
    finish_reason: str | None
    first_chunk_ns: int | None
    events: Sequence[Event]


def columns(said: Said, row: dict[str, Any]) -> None:
    """Takes what has a column."""
    for column in _TEXTS:
        row[column] = said.text(*SPELLINGS[column])
    for column in TOKENS:
        row[column] = said.whole(*SPELLINGS[column])
    system = said.text(*SPELLINGS["provider"])
    row["provider"] = None if system is None else names.provider(system)
    if row["operation"] is None:
        kind = said.text("llm.request.type", "traceloop.span.kind")
        row["operation"] = None if kind is None else names.operation(kind)
    elif names.operation(str(said.left.get("llm.request.type"))) == row["operation"]:
        said.drop("llm.request.type")
    row["finish_reason"] = _reason(said)
    seconds = said.number("gen_ai.response.time_to_first_chunk")
    row["time_to_first_chunk_ms"] = None if seconds is None else seconds * 1000.0
    row["cost_usd"] = said.number("gen_ai.usage.cost", "operation.cost")
    said.put("gen_ai.request.stream", said.json("gen_ai.is_streaming", "llm.is_streaming"))
    for name, older in _JSON.items():
        value = said.json(name, *older)
        if name == TOOL_DEFINITIONS and isinstance(value, list):
            value = [parts.definition(tool) for tool in cast("list[Json]", value)]
        said.put(name, value)
    said.drop("logfire.json_schema")  # how a viewer is to show the attributes that were renamed here


def messages(said: Said, told: Messages) -> Messages:
    """Takes the messages, wherever they stand: in the new attributes, in numbered ones, or in events."""
    inputs = _bodies(said, INPUT_MESSAGES) or _numbered(said, "gen_ai.prompt") or told[0]
    outputs = _bodies(said, OUTPUT_MESSAGES) or _numbered(said, "gen_ai.completion") or told[1]
    if not inputs and not outputs:
        whole = _bodies(said, "pydantic_ai.all_messages", "all_messages_events", "events")
        cut = len(whole) - (bool(whole) and whole[-1].role == "assistant")
        inputs, outputs = whole[:cut], whole[cut:]
    instructions = parts.content(said.json(SYSTEM_INSTRUCTIONS))
    if instructions and not (inputs and inputs[0].role == "system" and inputs[0].parts == tuple(instructions)):
        inputs = [parts.message("system", instructions), *inputs]
    functions = said.rows("llm.request.functions")
    said.put(TOOL_DEFINITIONS, [{"type": "function"} | _definition(row) for row in functions] or None)
    return inputs, outputs


def take_events(said: Said, events: Sequence[Event]) -> EventsRead:
    """Reads the messages that events hold, one or all in each; counts chunks, and keeps the other events."""
    told: Messages = ([], [])
    kept: list[Event] = []
    reason: str | None = None
    chunks: list[int | None] = []
    for event in events:
        if event.name in _MESSAGES:
            told[0].append(_event_message(event.attributes, _MESSAGES[event.name]))
        elif event.name == _CHOICE:
            body = parsed(event.attributes.get("message"))
            whole = {**event.attributes, **cast("Mapping[str, Any]", body)} if isinstance(body, Mapping) else None
            told[1].append(_event_message(whole or event.attributes, "assistant"))
            reason = reason or _said_reason(event.attributes.get("finish_reason"))
        elif event.name in _DETAILS:
            for name, value in event.attributes.items():
                said.put(name, value)
        elif event.name in _CHUNKS and not event.attributes:
            chunks.append(event.time_unix_nano)
        else:
            kept.append(event)
    if len(chunks) > 1:
        said.put("workbench.chunks", len(chunks))
    return EventsRead(told, reason, chunks[0] if chunks else None, kept)


def _bodies(said: Said, *spelt: str) -> list[Message]:
    """Messages from JSON in the conventions' form; what is of another form stays where it is."""
    for name in spelt:
        value = parsed(said.left.get(name))
        if isinstance(value, str) and value:
            value = [{"role": "user" if name == INPUT_MESSAGES else "assistant", "content": value}]
        bodies = cast("list[Any]", value) if isinstance(value, list) else []
        if bodies and all(isinstance(body, Mapping) and ("role" in body or "event.name" in body) for body in bodies):
            said.drop(name)
            return [_body(cast("Mapping[str, Any]", body)) for body in bodies]
    return []


def _body(body: Mapping[str, Any]) -> Message:
    if "parts" in body:
        said = parts.content(body["parts"])
        is_result = bool(said) and all(isinstance(part, ToolResult) for part in said)
        return parts.message("tool" if is_result else names.role(body.get("role")), said)
    return _event_message(body, str(body.get("role", "user")))


def _numbered(said: Said, prefix: str) -> list[Message]:
    """OpenLLMetry's flat attributes, `gen_ai.prompt.0.role` and so on."""
    speaker = "user" if prefix == "gen_ai.prompt" else "assistant"
    rows = said.rows(prefix)
    if not rows and isinstance(said.left.get(prefix), str):
        return _bodies(said, prefix) or [parts.message(names.role(speaker), parts.content(said.text(prefix)))]
    for row in rows:
        calls = [{"type": "function", "id": one.get("id"), "function": one} for one in members(row, "tool_calls")]
        row.update({"tool_calls": calls} if calls else {})
        said.put("gen_ai.response.finish_reason", row.get("finish_reason"))
    return [_event_message(row, speaker) for row in rows]


def _event_message(body: Mapping[str, Any], speaker: str) -> Message:
    """A message in the form that OpenAI has and the old conventions took over: role, content, tool calls, call id."""
    role = names.role(body.get("role", speaker))
    calls = parsed(body.get("tool_calls"))
    asked: list[Part] = parts.content(calls) if calls else []
    thought = body.get("reasoning", body.get("reasoning_content"))
    thoughts = (
        parts.content([{"type": "reasoning", "content": thought}]) if isinstance(thought, str) and thought else []
    )
    given: Json = body.get("content")
    id = body.get("tool_call_id", body.get("id"))
    if role == "tool":
        return parts.message(role, [parts.result(id, parsed(given), body.get("name"))])
    return parts.message(role, thoughts, parts.content(given), asked)


def _definition(row: Mapping[str, Any]) -> dict[str, Json]:
    return {name: parsed(row[name]) for name in ("name", "description", "parameters") if name in row}


def _reason(said: Said) -> str | None:
    """Why the model stopped; of several answers, the first one's reason, and all of them stay."""
    given = said.json(*_REASONS)
    if isinstance(given, list):
        several = cast("list[Any]", given)
        if len(several) > 1:
            said.put(_REASONS[0], several)
        given = several[0] if several else None
    return _said_reason(given)


def _said_reason(given: Json) -> str | None:
    return names.finish_reason(given) if isinstance(given, str) and given else None
