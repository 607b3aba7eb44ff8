"""The messages of an Inspect log as ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from workbench.messages import Json, Message, Part, Reasoning, Text, ToolResult
from workbench.traces.exchange.json_shapes import items, object_of
from workbench.traces.foreign import names, parts

__all__ = ["messages_of", "resolved"]

_REFERENCE: Final = "attachment://"


def messages_of(given: Sequence[Mapping[str, Any]]) -> list[Message]:
    """The messages; answers of tools that follow one another become one message."""
    messages: list[Message] = []
    for one in given:
        message = _message(one)
        before = messages[-1] if messages else None
        if message.role == "tool" and before is not None and before.role == "tool":
            messages[-1] = Message("tool", (*before.parts, *message.parts))
        else:
            messages.append(message)
    return messages


def resolved(value: Json, attachments: Mapping[str, str]) -> Json:
    """The value with long texts, which the log keeps apart, in their places."""
    if isinstance(value, str):
        return attachments.get(value.removeprefix(_REFERENCE), value) if value.startswith(_REFERENCE) else value
    if isinstance(value, list):
        return [resolved(item, attachments) for item in cast("list[Json]", value)]
    if isinstance(value, dict):
        pairs = cast("dict[str, Json]", value)
        return {name: item if name == "attachments" else resolved(item, attachments) for name, item in pairs.items()}
    return value


def _message(given: Mapping[str, Any]) -> Message:
    role, content = names.role(given["role"]), given.get("content")
    if role == "tool":
        error = object_of(given.get("error"))
        response: Json = error.get("message") if error else content
        result = ToolResult(
            str(given.get("tool_call_id") or ""), str(given.get("function") or ""), response, bool(error)
        )
        return Message(role, (result,))
    said: list[Part] = [Text(content)] if isinstance(content, str) and content else []
    said += [part for one in items(content) for part in _content(one)]
    calls = [object_of(call) for call in items(given.get("tool_calls"))]
    said += [parts.call(call.get("id"), call.get("function"), call.get("arguments")) for call in calls]
    return Message(role, tuple(said))


def _content(one: Any) -> list[Part]:
    match one:
        case {"type": "text", "text": str(words)}:
            return [Text(words)]
        case {"type": "reasoning", "reasoning": str(words)}:
            return [Reasoning(words, one.get("signature"))]
        case {"type": "image", "image": str(url)}:
            return [parts.picture(url)]
        case _:
            return parts.content([one])
