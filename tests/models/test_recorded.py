import json

import pytest

from workbench import traces
from workbench.errors import DataError, ModelError
from workbench.messages import Image, Reasoning, Text, ToolCall, ToolDefinition, Usage, assistant, user
from workbench.models import (
    RecordedModel,
    Reply,
    Request,
    ScriptedModel,
    Settings,
    TokenLogprob,
    Traced,
    open_model,
    record_to,
)


def ask(text, **options):
    return Request((user(text),), **options)


async def test_a_recorded_answer_comes_back_whole(tmp_path):
    path = tmp_path / "new" / "answers.jsonl"
    turn = Reply(
        assistant("four", ToolCall("c1", "add", {"a": 1})),
        Usage(10, 2, 5, 0, 1, True),
        "tool_call",
        "gpt-x",
        "r1",
        (TokenLogprob("four", -0.5, (("five", -1.5),)),),
        cost_usd=0.25,
    )
    request = Request(
        (user("2 + 2?", Image(b"\x00\x01")), assistant("hm", ToolCall("c0", "add", "{"))),
        (ToolDefinition("add", "Adds.", {"type": "object"}),),
        Settings(temperature=0.5, stop=("x",)),
        {"type": "object"},
    )
    assert await record_to(ScriptedModel(turn), path).reply(request) == turn
    assert await RecordedModel(path).reply(request) == turn
    assert [event async for event in RecordedModel(path).stream(request)][-1] == turn


async def test_a_stream_is_recorded_at_its_end(tmp_path):
    path = tmp_path / "a.jsonl"
    model = record_to(ScriptedModel([Reasoning("hm"), Text("one two")]), path)
    streamed = [event async for event in model.stream(ask("count"))][-1]
    assert await RecordedModel(path).reply(ask("count")) == streamed
    assert (model.name, model.capabilities.tools) == ("scripted", True)


async def test_a_request_asked_again_gets_its_answers_in_order_and_round_again(tmp_path):
    path = tmp_path / "a.jsonl"
    model = record_to(ScriptedModel("a", "b", "c"), path)
    for text in ("x", "x", "y"):
        await model.reply(ask(text))
    recorded = RecordedModel(path)
    assert [(await recorded.reply(ask(text))).message.text for text in "xxyxy"] == ["a", "b", "c", "a", "c"]


async def test_a_changed_prompt_fails_and_shows_the_nearest(tmp_path):
    path = tmp_path / "a.jsonl"
    model = record_to(ScriptedModel("a", "b"), path)
    await model.reply(ask("What is the capital of France?"))
    await model.reply(ask("Name a prime."))
    recorded = RecordedModel(path)
    with pytest.raises(ModelError) as caught:
        await recorded.reply(ask("What is the capital of Spain?"))
    assert caught.value.kind == "unrecorded"
    assert caught.value.message.endswith(" [user]\n-What is the capital of France?\n+What is the capital of Spain?")
    with pytest.raises(ModelError, match=r"\+temperature = 1.0"):
        await recorded.reply(ask("Name a prime.", settings=Settings(temperature=1.0)))
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(ModelError, match="holds no answers"):
        await RecordedModel(tmp_path / "none.jsonl").reply(ask("x"))


async def test_no_key_is_recorded_and_the_recording_still_answers(tmp_path, monkeypatch):
    secret = "plain-secret-value-123456"
    monkeypatch.setenv("MY_API_KEY", secret)
    path = tmp_path / "a.jsonl"
    request = ask(f"use {secret}", settings=Settings(extra={"extra_headers": {"authorization": f"Bearer {secret}"}}))
    await record_to(ScriptedModel(f"I used {secret}"), path).reply(request)
    assert secret not in path.read_text()
    assert json.loads(path.read_text())
    assert "[redacted]" in (await RecordedModel(path).reply(request)).message.text


def test_a_missing_file_and_a_line_that_is_no_record_are_named(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        open_model(f"recorded:{tmp_path / 'none.jsonl'}")
    path = tmp_path / "bad.jsonl"
    for line in ("{", "[]", '{"request_hash": "x"}', '{"request_hash": "x", "reply": {"message": {"role": "?"}}}'):
        path.write_text(f"\n{line}\n")
        with pytest.raises(DataError, match=r"Line 1 of .* is not a recorded answer"):
            RecordedModel(path)


async def test_a_recorded_cost_is_stored_and_an_unrecorded_one_is_unknown(tmp_path):
    path = tmp_path / "a.jsonl"
    known = Reply(assistant("a"), Usage(1, 1), "stop", "m", cost_usd=0.5)
    unpriced = Reply(assistant("b"), Usage(1, 1), "stop", "m")
    await record_to(ScriptedModel(known), path).reply(ask("x"))
    await record_to(ScriptedModel(unpriced, name="openai:my-own"), path).reply(ask("y"))
    await record_to(ScriptedModel("c"), path).reply(ask("z"))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[2].pop("cost_usd") == 0.0  # as files were before costs were recorded
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    recorded = open_model(f"recorded:{path}")
    assert isinstance(recorded, Traced)
    await recorded.reply(ask("x"))
    await recorded.reply(ask("y"))
    await recorded.reply(ask("z"))
    rows = traces.query("SELECT provider, cost_usd, cost_reason FROM spans ORDER BY started_at").rows()
    assert rows == [
        ("workbench", 0.5, None),
        ("workbench", None, "no price is known for 'my-own' of openai"),
        ("workbench", None, "a recorded answer; its cost was not recorded"),
    ]
