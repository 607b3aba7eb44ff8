"""Chat lines: what fine-tuning takes."""

import json
from datetime import datetime
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from workbench.messages import Image, Message, Text, ToolCall, ToolResult, assistant, system, user
from workbench.traces.exchange import Selection, export, import_
from workbench.traces.exchange.chat_line import from_chat, to_chat

WORDS = st.text(min_size=1, max_size=10)
CALLS = st.lists(
    st.builds(ToolCall, WORDS, WORDS, st.dictionaries(WORDS, st.integers(), max_size=2)),
    min_size=1,
    max_size=2,
    unique_by=lambda call: call.id,
)


@st.composite
def conversations(draw):
    """What the shape can say: texts, pictures, tool calls and their answers in words."""
    messages = [system(draw(WORDS))] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 2))):
        messages.append(user(draw(WORDS), *draw(st.lists(st.builds(Image, st.binary(max_size=4)), max_size=1))))
        if draw(st.booleans()):
            calls = draw(CALLS)
            messages.append(Message("assistant", (Text(draw(WORDS)), *calls)))
            messages.append(Message("tool", tuple(ToolResult(call.id, call.name, draw(WORDS)) for call in calls)))
        messages.append(assistant(draw(WORDS)))
    return messages


@given(conversations())
def test_texts_pictures_and_tools_come_back_from_a_chat_line(messages):
    names = {}
    for message in messages:  # an id that is used again names the later tool
        names |= {call.id: call.name for call in message.tool_calls}
    turns = [turn for message in messages for turn in to_chat(message)]
    back = from_chat(json.loads(json.dumps(turns)))
    assert [to_chat(message) for message in back] == [to_chat(message) for message in messages]
    assert all(part.name == names[part.id] for one in back for part in one.parts if isinstance(part, ToolResult))


def test_a_line_has_the_shape_of_fine_tuning(known, tmp_path):
    export(tmp_path / "x.jsonl", store=known, where=Selection(model="pocket"))
    (line,) = map(json.loads, (tmp_path / "x.jsonl").read_text().splitlines())
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
    assert line == {
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "1+2?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "3"},
            {"role": "assistant", "content": "3"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {"type": "object"}}}
        ],
    }


def test_only_what_a_scorer_found_right_goes_out(known, tmp_path):
    assert export(tmp_path / "all.jsonl", store=known).rows == {"lines": 2, "duplicates": 0}
    right = export(tmp_path / "right.jsonl", store=known, where=Selection(min_score=("exact", True)))
    assert right.rows == {"lines": 1, "duplicates": 0}


def test_calls_that_said_the_same_go_out_once(known, laws, tmp_path):
    row = {"trace_id": "a" * 32, "name": "n", "operation": "chat", "status": "ok"}
    said = {"input": [user("same?")], "output": [assistant("same")]}
    for number in (7, 8):
        own = {"span_id": f"{number:016x}", "started_at": datetime(2026, 2, number)}
        laws.put_span(known, SimpleNamespace(row={**row, **own}, messages=said, attempts=[], reads=[]))
    assert export(tmp_path / "x.jsonl", store=known).rows == {"lines": 3, "duplicates": 1}


def test_failed_calls_do_not_go_out(known, tmp_path):
    row = {"span_id": "e" * 16, "trace_id": "e" * 32, "name": "n", "operation": "chat", "status": "error"}
    known.append({"span": {**row, "started_at": "2026-01-01 00:00:00"}})
    assert export(tmp_path / "x.jsonl", store=known).rows["lines"] == 2


def test_a_line_comes_in_as_a_call_that_says_where_it_is_from(other, tmp_path):
    line = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "weight": 1}
    (tmp_path / "x.jsonl").write_text(json.dumps(line) + "\n" + json.dumps(line) + "\n")
    done = import_(tmp_path / "x.jsonl", store=other)
    assert done.rows == {"spans": 1, "span_messages": 2}
    assert done.already_there == {"spans": 1}
    row = other.query("SELECT * FROM spans").to_dicts()[0]
    assert (row["operation"], row["status"], row["ended_at"], row["input_tokens"]) == ("chat", "ok", None, None)
    attributes = json.loads(row["attributes"])
    assert attributes["workbench.imported.from"] == "x.jsonl:1"
    assert attributes["chat.weight"] == 1
    said = other.query("SELECT direction, text FROM span_messages JOIN messages USING (message_hash) ORDER BY ALL")
    assert said.rows() == [("input", "a"), ("output", "b")]
