"""The dialect of OpenInference, Arize's conventions: https://arize-ai.github.io/openinference/spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from workbench.messages import Json, Message, Part
from workbench.traces.conventions import TOOL_DEFINITIONS
from workbench.traces.foreign import names, parts
from workbench.traces.foreign.said import Said, members, parsed

__all__ = ["columns", "messages", "rename", "speaks"]

_KIND: Final = "openinference.span.kind"
_COUNTS: Final = {
    "input_tokens": ("llm.token_count.prompt",),
    "output_tokens": ("llm.token_count.completion",),
    "cache_read_tokens": ("llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input"),
    "cache_write_tokens": ("llm.token_count.prompt_details.cache_write",),
    "reasoning_tokens": ("llm.token_count.completion_details.reasoning",),
    "input_audio_tokens": ("llm.token_count.prompt_details.audio",),
    "output_audio_tokens": ("llm.token_count.completion_details.audio",),
}
_MODELS: Final = ("llm.model_name", "embedding.model_name", "reranker.model_name")
_PARAMETERS: Final = ("llm.invocation_parameters", "embedding.invocation_parameters")
# of the invocation parameters, those that the GenAI conventions name
_REQUEST: Final = {
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "max_tokens": "gen_ai.request.max_tokens",
    "n": "gen_ai.request.choice.count",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "seed": "gen_ai.request.seed",
    "stop": "gen_ai.request.stop_sequences",
    "stream": "gen_ai.request.stream",
    "temperature": "gen_ai.request.temperature",
    "top_k": "gen_ai.request.top_k",
    "top_p": "gen_ai.request.top_p",
}
_DOCUMENTS: Final = {
    "retrieval.documents": "gen_ai.retrieval.documents",
    "reranker.input_documents": "reranker.input_documents",
    "reranker.output_documents": "reranker.output_documents",
}
_RENAMED: Final = {
    "agent.name": "gen_ai.agent.name",
    "tool.description": "gen_ai.tool.description",
    "tool.id": "gen_ai.tool.call.id",
}

Messages = tuple[list[Message], list[Message]]


def speaks(attributes: Mapping[str, Any]) -> bool:
    """Whether these attributes are OpenInference's."""
    return _KIND in attributes or "llm.model_name" in attributes or "llm.input_messages.0.message.role" in attributes


def columns(said: Said, row: dict[str, Any]) -> None:
    """Takes what has a column; what the span said in the GenAI dialect already stays as it is."""

    def add(column: str, value: Any) -> None:
        if row.get(column) is None:
            row[column] = value

    kind = said.text(_KIND)
    if kind is not None and kind.upper() == "LLM" and _is_completion(said.left):
        kind = "completion"
    add("operation", None if kind is None else names.operation(kind))
    for column, spelt in _COUNTS.items():
        add(column, said.whole(*spelt))
    who, api = said.text("llm.provider"), said.text("llm.system")
    if who or api:
        add("provider", names.provider(who or api or "", api))
    _models(said, row)
    add("conversation", said.text("session.id"))
    add("tool_name", said.text("tool.name"))
    reason = said.text("llm.finish_reason")
    add("finish_reason", None if reason is None else names.finish_reason(reason))
    add("cost_usd", said.number("llm.cost.total"))


def messages(said: Said) -> Messages:
    """Takes the messages, prompts and choices."""
    inputs = [_message(row) for row in said.rows("llm.input_messages")]
    outputs = [_message(row) for row in said.rows("llm.output_messages")]
    inputs += [parts.message("user", parts.content(row.get("prompt.text"))) for row in said.rows("llm.prompts")]
    outputs += [
        parts.message("assistant", parts.content(row.get("completion.text"))) for row in said.rows("llm.choices")
    ]
    embedded = said.rows("embedding.embeddings")
    inputs += [parts.message("user", parts.content(row.get("embedding.text"))) for row in embedded]
    vectors = [row.get("embedding.vector") for row in embedded]
    if vectors and isinstance(vectors[0], tuple | list):
        said.put("gen_ai.embeddings.dimension.count", len(cast("list[float]", vectors[0])))
    return inputs, outputs


def rename(said: Said, row: dict[str, Any], has_inputs: bool, has_outputs: bool) -> None:
    """Gives the rest the names that our own spans use, and drops raw requests and answers that became messages."""
    for theirs, ours in _RENAMED.items():
        said.put(ours, said.text(theirs))
    for theirs, ours in _DOCUMENTS.items():
        said.put(ours, [_document(one) for one in said.rows(theirs)] or None)
    tools = [parsed(one.get("tool.json_schema")) for one in said.rows("llm.tools")]
    said.put(TOOL_DEFINITIONS, [parts.definition(tool) for tool in tools] or None)
    said.put("metadata", said.json("metadata"))
    _value(said, row, "input", has_inputs)
    _value(said, row, "output", has_outputs)


def _models(said: Said, row: dict[str, Any]) -> None:
    """`llm.model_name` is the model asked for, until the answer names another: then it is that one."""
    asked: str | None = None
    for name in _PARAMETERS:
        given = said.json(name)
        if not isinstance(given, Mapping):
            said.put(name, given)
            continue
        parameters = dict(cast("Mapping[str, Json]", given))
        asked = asked or (parameters.pop("model", None) if isinstance(parameters.get("model"), str) else None)
        for theirs, ours in _REQUEST.items():
            if theirs in parameters and ours not in said.left:
                said.left[ours] = parameters.pop(theirs)
        said.put(name, parameters or None)
    answer = parsed(said.left.get("output.value"))
    answered: Mapping[str, Json] = cast("Mapping[str, Json]", answer) if isinstance(answer, Mapping) else {}
    named = said.text(*_MODELS)
    model = said.text("llm.request.model_name") or asked or row.get("model") or named
    response = said.text("llm.response.model_name") or answered.get("model") or (named if named != model else None)
    row["model"] = model
    row["response_model"] = row.get("response_model") or (response if isinstance(response, str) else None)
    id = answered.get("id")
    row["response_id"] = row.get("response_id") or (id if isinstance(id, str) else None)


def _message(row: Mapping[str, Any]) -> Message:
    role = names.role(row.get("message.role"))
    said = [_content(one) for one in members(row, "message.contents")] or parts.content(
        _plain(row.get("message.content"))
    )
    if role == "tool":
        words = row.get("message.content", "".join(getattr(part, "content", "") for part in said))
        name = row.get("message.name", row.get("message.function_call_name"))
        return parts.message(role, [parts.result(row.get("message.tool_call_id"), parsed(words), name)])
    calls = [one for one in map(_call, members(row, "message.tool_calls")) if one not in said]
    if name := row.get("message.function_call_name"):
        calls.append(parts.call(None, name, row.get("message.function_call_arguments_json")))
    return parts.message(role, said, calls)


def _call(row: Mapping[str, Any]) -> Part:
    function = "tool_call.function"
    return parts.call(row.get("tool_call.id"), row.get(f"{function}.name"), row.get(f"{function}.arguments"))


def _content(row: Mapping[str, Any]) -> Part:
    kind, words = row.get("message_content.type"), row.get("message_content.text")
    url = row.get("message_content.image.image.url")
    if isinstance(url, str):
        return parts.picture(url)
    if isinstance(words, str) and kind == "reasoning":
        signature = row.get("message_content.signature", row.get("message_content.encrypted_content"))
        return parts.content([{"type": "reasoning", "content": words, "signature": signature}])[0]
    if isinstance(words, str):
        return parts.content([{"type": "text", "content": words}])[0]
    short = {name.removeprefix("message_content."): value for name, value in row.items()}
    if "tool_call.function.name" in short:
        return _call(short)
    return parts.content([{**short, "type": str(kind or "unknown")}])[0]


def _plain(value: Any) -> Json:
    """A message's content is words, also where they look like JSON."""
    return [{"type": "text", "content": value}] if isinstance(value, str) and value else value


def _document(row: Mapping[str, Any]) -> dict[str, Json]:
    return {name.removeprefix("document."): parsed(value) for name, value in row.items()}


def _value(said: Said, row: Mapping[str, Any], side: str, is_told: bool) -> None:
    """The raw `input.value` or `output.value`: a tool's arguments and result, a search's words, or told already."""
    name, kind = f"{side}.value", f"{side}.mime_type"
    tool = "gen_ai.tool.call.arguments" if side == "input" else "gen_ai.tool.call.result"
    if row.get("operation") == "execute_tool":
        said.put(tool, said.json(name))
        said.drop(kind)
    elif row.get("operation") == "retrieval" and side == "input":
        said.put("gen_ai.retrieval.query.text", said.text(name))
        said.drop(kind)
    elif is_told or (side == "output" and _is_result(said, row)):
        said.drop(name, kind)


def _is_result(said: Said, row: Mapping[str, Any]) -> bool:
    """Whether the raw output holds what is not kept (vectors) or is said already (documents)."""
    return row.get("operation") == "embeddings" or "gen_ai.retrieval.documents" in said.left


def _is_completion(attributes: Mapping[str, Any]) -> bool:
    return any(key.startswith(("llm.prompts.", "llm.choices.")) for key in attributes)
