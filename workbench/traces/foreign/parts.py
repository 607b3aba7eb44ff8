"""Message parts in the shapes of the GenAI conventions, OpenAI and Anthropic, as parts of ours."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from workbench.messages import Image, Json, Message, Other, Part, Reasoning, Role, Text, ToolCall, ToolResult
from workbench.traces.foreign.said import parsed

__all__ = ["call", "content", "definition", "message", "named", "picture", "result"]

_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,(.*)", re.DOTALL)


def message(role: Role, *groups: Sequence[Part]) -> Message:
    """A message with the parts of all groups."""
    return Message(role, tuple(part for group in groups for part in group))


def content(value: Json) -> list[Part]:
    """What stands in a message's `content` or `parts`: words, one part or several, also as JSON text.

    Example:
        >>> content([{"type": "text", "text": "look"}, {"type": "refusal", "refusal": "no"}])
        [Text(content='look'), Other(body={'type': 'refusal', 'refusal': 'no'})]
    """
    given = _listed(value)
    if given is None:
        return [] if value is None or value == "" else [Text(value if isinstance(value, str) else str(value))]
    return [_part(cast("Mapping[str, Any]", item)) if isinstance(item, Mapping) else Text(str(item)) for item in given]


def call(id: object, name: object, arguments: Json) -> ToolCall:
    """A tool call; arguments that are no JSON object stay text."""
    value = parsed(arguments)
    if isinstance(value, Mapping):
        return ToolCall(_text(id), _text(name), cast("Mapping[str, Json]", value))
    return ToolCall(_text(id), _text(name), "" if arguments is None else _text(arguments))


def result(id: object, response: Json, name: object = None) -> ToolResult:
    """A tool's answer."""
    return ToolResult(_text(id), _text(name), response)


def named(messages: Sequence[Message]) -> list[Message]:
    """The messages with tool results that bear their tool's name, where they name the call by its id alone."""
    tools = {call.id: call.name for message in messages for call in message.tool_calls if call.id}
    if not tools:
        return list(messages)
    return [
        replace(message, parts=tuple(_named(part, tools) for part in message.parts))
        if message.role == "tool"
        else message
        for message in messages
    ]


def definition(tool: Json) -> Json:
    """A tool's definition as the conventions spell it; OpenAI nests it one deeper, Anthropic has `input_schema`.

    Example:
        >>> definition({"name": "add", "input_schema": {"type": "object"}})
        {'type': 'function', 'name': 'add', 'parameters': {'type': 'object'}}
    """
    match tool:
        case {"type": "function", "function": {"name": _} as function}:
            return {"type": "function", **cast("dict[str, Json]", function)}
        case {"name": _, "input_schema": schema, **rest}:
            return {"type": "function", **cast("dict[str, Json]", rest), "name": tool["name"], "parameters": schema}
        case _:
            return tool


def picture(url: str, mime_type: str | None = None) -> Part:
    """A picture given in a data URL; one that lies elsewhere stays a reference."""
    match = _DATA_URL.fullmatch(url)
    if match is not None:
        data = _bytes(match[2])
        if data is not None:
            return Image(data, mime_type or match[1] or "image/png")
    return Other({"type": "uri", "modality": "image", "mime_type": mime_type, "uri": url})


def _named(part: Part, tools: Mapping[str, str]) -> Part:
    if isinstance(part, ToolResult) and not part.name and part.id in tools:
        return replace(part, name=tools[part.id])
    return part


def _listed(value: Json) -> Sequence[Any] | None:
    """The parts, where there are parts and not words; words may be JSON by accident, and stay words."""
    given = parsed(value)
    if not isinstance(given, Mapping | list):
        return None
    items = cast("list[Any]", given) if isinstance(given, list) else [cast("Mapping[str, Any]", given)]
    if isinstance(value, str) and not all(isinstance(item, Mapping) and "type" in item for item in items):
        return None
    return items


def _part(body: Mapping[str, Any]) -> Part:
    """One part; of a kind that is not known, as it came."""
    match body:
        case {"type": "text", "content": str(words)} | {
            "type": "text" | "input_text" | "output_text",
            "text": str(words),
        }:
            return Text(words)
        case {"type": "reasoning", "content": str(words)} | {"type": "thinking", "thinking": str(words)}:
            return Reasoning(words, body.get("signature"))
        case {"type": "tool_call", "name": name}:
            return call(body.get("id"), name, body.get("arguments"))
        case {"type": "function", "function": {"name": name, **rest}}:
            return call(body.get("id"), name, rest.get("arguments"))
        case {"type": "tool_use", "name": name}:
            return call(body.get("id"), name, body.get("input"))
        case {"type": "tool_call_response"}:
            response = body.get("response", body.get("result"))
            return ToolResult(_text(body.get("id")), _text(body.get("name")), response, bool(body.get("is_error")))
        case {"type": "tool_result", "tool_use_id": id}:
            return ToolResult(_text(id), "", body.get("content"), bool(body.get("is_error")))
        case {"type": "blob", "modality": "image", "content": str(encoded)}:
            return _blob(encoded, body.get("mime_type"), body)
        case {"type": "image", "source": {"type": "base64", "data": str(encoded), **rest}}:
            return _blob(encoded, rest.get("media_type"), body)
        case {"type": "image_url", "image_url": {"url": str(url)}} | {"type": "input_image", "image_url": str(url)}:
            return picture(url)
        case _:
            return Other(body)


def _blob(encoded: str, mime_type: Any, body: Mapping[str, Any]) -> Part:
    data = _bytes(encoded)
    return Other(body) if data is None else Image(data, str(mime_type or "image/png"))


def _bytes(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
