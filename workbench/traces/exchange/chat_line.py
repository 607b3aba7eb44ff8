"""A chat line: messages in the shape in which OpenAI's fine-tuning takes them, and back."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from workbench.errors import DataError
from workbench.messages import Image, Json, Message, Other, Part, Reasoning, Text, ToolCall, ToolResult
from workbench.traces.foreign import names, parts

__all__ = ["from_chat", "to_chat", "tools_from_chat", "tools_to_chat"]


def to_chat(message: Message) -> list[dict[str, Json]]:
    """The message as chat messages; each tool's answer becomes one of its own.

    Reasoning has no place in this shape and is left out; so are parts of kinds that it does not have.

    Example:
        >>> to_chat(Message("assistant", (ToolCall("1", "add", {"a": 2}),)))[0]["tool_calls"][0]["function"]
        {'name': 'add', 'arguments': '{"a": 2}'}
    """
    said = [part for part in message.parts if isinstance(part, Text | Image)]
    calls = [_call(part) for part in message.parts if isinstance(part, ToolCall)]
    answers = [_answer(part) for part in message.parts if isinstance(part, ToolResult)]
    if not said and not calls and answers:
        return answers
    turn: dict[str, Json] = {"role": message.role, "content": _content(said)}
    if calls:
        turn["tool_calls"] = calls
    return [*answers, turn]


def from_chat(turns: Sequence[Json]) -> list[Message]:
    """The messages of a chat line; tools' answers that follow one another become one message.

    Raises:
        DataError: a turn is none.
    """
    messages: list[Message] = []
    for turn in turns:
        if not isinstance(turn, Mapping) or "role" not in turn:
            raise DataError("a message has no role")
        message = _message(cast("Mapping[str, Any]", turn))
        before = messages[-1] if messages else None
        if message.role == "tool" and before is not None and before.role == "tool":
            messages[-1] = Message("tool", (*before.parts, *message.parts))
        else:
            messages.append(message)
    return parts.named(messages)


def tools_to_chat(definitions: Json) -> list[Json]:
    """Tool definitions of the GenAI conventions as chat tools."""
    tools: list[Json] = []
    for one in _objects(definitions):
        plain = {name: value for name, value in one.items() if name != "type"}
        tools.append(one if "function" in one else {"type": "function", "function": plain})
    return tools


def tools_from_chat(tools: Json) -> Json:
    """Chat tools as tool definitions of the conventions."""
    definitions: list[Json] = []
    for one in _objects(tools):
        function: Json = one.get("function")
        definitions.append({"type": "function", **function} if isinstance(function, dict) else one)
    return definitions or None


def _objects(value: Json) -> list[dict[str, Json]]:
    given = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Json]", one) for one in given if isinstance(one, dict)]


def _content(said: Sequence[Text | Image]) -> Json:
    if all(isinstance(part, Text) for part in said):
        return "".join(part.content for part in said if isinstance(part, Text)) if said else None
    return [
        {"type": "text", "text": part.content}
        if isinstance(part, Text)
        else {"type": "image_url", "image_url": {"url": _data_url(part)}}
        for part in said
    ]


def _data_url(image: Image) -> str:
    return f"data:{image.mime_type};base64,{base64.b64encode(image.data).decode('ascii')}"


def _call(call: ToolCall) -> dict[str, Json]:
    given = call.arguments if isinstance(call.arguments, str) else json.dumps(dict(call.arguments), ensure_ascii=False)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": given}}


def _answer(result: ToolResult) -> dict[str, Json]:
    said = result.response
    content = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return {"role": "tool", "tool_call_id": result.id, "content": content}


def _message(turn: Mapping[str, Any]) -> Message:
    role = names.role(turn["role"])
    if role == "tool":
        return Message(role, (parts.result(turn.get("tool_call_id"), turn.get("content"), turn.get("name")),))
    said: list[Part] = []
    if turn.get("reasoning_content"):
        said.append(Reasoning(str(turn["reasoning_content"])))
    content = turn.get("content")
    said += [Text(content)] if isinstance(content, str) else parts.content(content)
    for one in turn.get("tool_calls") or ():
        function = one.get("function", {})
        said.append(parts.call(one.get("id"), function.get("name"), function.get("arguments")))
    if turn.get("refusal"):
        said.append(Other({"type": "refusal", "refusal": turn["refusal"]}))
    return Message(role, tuple(said))
