"""What streams bring beside words: reasoning as it comes, and tool calls in pieces, several at once."""

from workbench import traces
from workbench.messages import Text, ToolCall, ToolDefinition, user
from workbench.models import HostedModel, Request, Traced, record, replay

ADD = ToolDefinition("add", "Adds.", {"type": "object", "properties": {"a": {"type": "integer"}}})
ASK = Request((user("add"),), (ADD,))
CALLS = (ToolCall("c1", "add", {"a": 1}), ToolCall("c2", "add", {"a": 2}))


def anthropic_events(provider):
    """Thinking, words, and two tool calls of which each comes in two pieces."""
    start, *_ = provider.anthropic_stream().events

    def block(index, content, *deltas):
        begin = {"type": "content_block_start", "index": index, "content_block": content}
        pieces = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        return [begin, *pieces, {"type": "content_block_stop", "index": index}]

    def call(index, id, a):
        pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in ('{"a"', f": {a}}}")]
        return block(index, {"type": "tool_use", "id": id, "name": "add", "input": {}}, *pieces)

    thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in ("I ", "count.")]
    end = {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}}
    return [
        start,
        *block(0, {"type": "thinking", "thinking": "", "signature": ""}, *thoughts),
        *block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Adding."}),
        *call(2, "c1", 1),
        *call(3, "c2", 2),
        {**end, "usage": {"output_tokens": 50}},
        {"type": "message_stop"},
    ]


def responses_events(provider):
    """A summary of reasoning, and two function calls whose arguments come in two pieces."""
    arguments = {"c1": '{"a": 1}', "c2": '{"a": 2}'}
    whole = provider.response_body("", [(id, "add", text) for id, text in arguments.items()], thought="I count.")
    whole["usage"]["output_tokens_details"]["reasoning_tokens"] = 64
    reasoning, *calls = whole["output"]
    place = {"item_id": "rs_1", "output_index": 0, "summary_index": 0}
    events = [
        {"type": "response.created", "response": {**whole, "status": "in_progress", "output": [], "usage": None}},
        {"type": "response.output_item.added", "output_index": 0, "item": {**reasoning, "summary": []}},
        {"type": "response.reasoning_summary_part.added", **place, "part": {"type": "summary_text", "text": ""}},
        {"type": "response.reasoning_summary_text.delta", **place, "delta": "I "},
        {"type": "response.reasoning_summary_text.delta", **place, "delta": "count."},
        {"type": "response.reasoning_summary_text.done", **place, "text": "I count."},
        {"type": "response.output_item.done", "output_index": 0, "item": reasoning},
    ]
    for index, call in enumerate(calls, 1):
        at = {"item_id": call["id"], "output_index": index}
        begun = {**call, "arguments": "", "status": "in_progress"}
        text = call["arguments"]
        events += [
            {"type": "response.output_item.added", "output_index": index, "item": begun},
            {"type": "response.function_call_arguments.delta", **at, "delta": text[:4]},
            {"type": "response.function_call_arguments.delta", **at, "delta": text[4:]},
            {"type": "response.function_call_arguments.done", **at, "arguments": text, "name": "add"},
            {"type": "response.output_item.done", "output_index": index, "item": call},
        ]
    events.append({"type": "response.completed", "response": whole})
    for number, event in enumerate(events):
        event["sequence_number"] = number
    return events


async def read(name):
    return [event async for event in Traced(HostedModel(name)).stream(ASK)]


async def test_anthropic_streams_thinking_words_and_parallel_calls(provider):
    wire = provider.anthropic_stream()
    wire.events = anthropic_events(provider)
    provider.answers.append(wire)
    *pieces, reply = await read("anthropic:claude-sonnet-4-6")
    assert "".join(piece.reasoning for piece in pieces) == "I count."
    assert "".join(piece.text for piece in pieces) == "Adding."
    assert reply.message.tool_calls == CALLS
    assert (reply.finish_reason, reply.usage.output_tokens) == ("tool_call", 50)
    assert Text("Adding.") in reply.message.parts


async def test_openai_streams_reasoning_and_parallel_calls_with_their_tokens(provider):
    wire = provider.responses_stream("four")
    wire.events = responses_events(provider)
    provider.answers.append(wire)
    *pieces, reply = await read("openai:gpt-5-mini")
    assert "".join(piece.reasoning for piece in pieces) == "I count."
    assert reply.message.tool_calls == CALLS
    assert reply.finish_reason == "tool_call"
    assert traces.query("SELECT reasoning_tokens, output_tokens FROM spans").rows() == [(64, 100)]


async def test_a_recorded_stream_of_a_provider_replays_piece_by_piece(provider, tmp_path, monkeypatch):
    wire = provider.anthropic_stream()
    wire.events = anthropic_events(provider)
    provider.answers.append(wire)
    with record(tmp_path / "a.jsonl"):
        first = await read("anthropic:claude-sonnet-4-6")
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with replay(tmp_path / "a.jsonl"):
        again = await read("anthropic:claude-sonnet-4-6")
    assert again[:-1] == first[:-1]
    assert (again[-1].message, again[-1].usage, again[-1].attempts) == (first[-1].message, first[-1].usage, ())
    assert len(provider.requests) == 1
