"""Laws of the spans that three instrumentation packages make around the official OpenAI SDK: they land alike."""

import asyncio
import json
import os
import subprocess
import sys

import openai
import pytest

from workbench import traces
from workbench.messages import user
from workbench.models import Request, open_model

OPENINFERENCE = "openinference-instrumentation-openai"
OPENTELEMETRY = "opentelemetry-instrumentation-genai-openai"
OPENLLMETRY = "opentelemetry-instrumentation-openai"
# OpenLLMetry's does not undo all that it patches: it is tried in a process of its own, by the last test, and stays
ALONE = "WORKBENCH_TEST_INSTRUMENTOR"
PACKAGES = (os.environ[ALONE],) if ALONE in os.environ else (OPENINFERENCE, OPENTELEMETRY)
ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "adds",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
    },
}
# 1 x 1 transparent pixel
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture(params=PACKAGES)
def package(request):
    captured = traces.capture(request.param)
    assert [name.split(" by ")[1].split()[0] for name in captured.instrumented] == [request.param]
    yield request.param
    if ALONE not in os.environ:
        captured.stop()


def rows(where="true"):
    return traces.query(f"SELECT * FROM spans WHERE {where} ORDER BY started_at").to_dicts()


def row(where="true"):
    found = rows(where)
    assert len(found) == 1, found
    return found[0]


def messages(span, direction):
    return [
        json.loads(body)
        for (body,) in traces.query(
            "SELECT body FROM span_messages JOIN messages USING (message_hash) "
            "WHERE span_id = $id AND direction = $direction ORDER BY position",
            id=span["span_id"],
            direction=direction,
        ).rows()
    ]


def text(role, *words):
    return {"role": role, "parts": [{"type": "text", "content": word} for word in words]}


def test_a_call_lands_column_by_column(package, provider, client):
    provider.says("four")
    asked = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "2+2?"}]
    client.chat.completions.create(model="gpt-5-mini", temperature=0.5, messages=asked)
    span = row()
    expected = {
        "operation": "chat",
        "status": "ok",
        "model": "gpt-5-mini",
        "provider": "openai",
        "response_model": "gpt-5-mini-2025-08-07",
        "response_id": "chatcmpl-1",
        "finish_reason": "stop",
        "input_tokens": 2000,
        "output_tokens": 100,
        "cache_read_tokens": 1500,
        "cache_write_tokens": None,
        "reasoning_tokens": 64,
        "error_type": None,
        "error_message": None,
        "time_to_first_chunk_ms": None,
        "cost_reason": None,
        "tool_name": None,
        "role": "solver",
    }
    assert {name: span[name] for name in expected} == expected
    if package == OPENINFERENCE:  # the only one that tells
        assert (span["input_audio_tokens"], span["output_audio_tokens"]) == (7, 3)
    # 500 tokens at 0.25 and 1,500 at 0.025 dollars a million, 100 at 2
    assert span["cost_usd"] == pytest.approx(500 * 0.25e-6 + 1500 * 0.025e-6 + 100 * 2e-6)
    assert span["price_version"].startswith("genai-prices ")
    assert "openai" in span["instrumentation"]
    assert span["instrumentation"].split()[1][0].isdigit()
    assert span["duration_ms"] > 0
    assert messages(span, "input") == [text("system", "be brief"), text("user", "2+2?")]
    assert messages(span, "output") == [text("assistant", "four")]
    assert json.loads(span["attributes"])["gen_ai.request.temperature"] == 0.5
    assert "2+2?" not in span["attributes"]  # content is not stored twice
    assert "2000" not in span["attributes"]


def test_a_streamed_call_knows_its_usage_and_its_first_chunk(package, provider, client):
    provider.streams("fo", "ur")
    asked = [{"role": "user", "content": "2+2?"}]
    pieces = client.chat.completions.create(
        model="gpt-5-mini", stream=True, stream_options={"include_usage": True}, messages=asked
    )
    assert len(list(pieces)) == 4
    span = row()
    assert (span["input_tokens"], span["output_tokens"], span["cache_read_tokens"]) == (2000, 100, 1500)
    assert (span["finish_reason"], span["response_id"]) == ("stop", "chatcmpl-1")
    assert 0 < span["time_to_first_chunk_ms"] <= span["duration_ms"]
    assert messages(span, "output") == [text("assistant", "four")]
    assert json.loads(span["attributes"])["gen_ai.request.stream"] is True


def test_tool_calls_and_their_results_are_messages(package, provider, client):
    provider.says(calls=[("call_1", "add", '{"a": 1}')])
    earlier = {"id": "call_0", "type": "function", "function": {"name": "add", "arguments": '{"a": 2}'}}
    asked = [
        {"role": "user", "content": "add"},
        {"role": "assistant", "content": None, "tool_calls": [earlier]},
        {"role": "tool", "tool_call_id": "call_0", "content": "2"},
    ]
    client.chat.completions.create(model="gpt-5-mini", tools=[ADD], messages=asked)
    span = row()

    def called(id, a):
        return {"role": "assistant", "parts": [{"type": "tool_call", "id": id, "name": "add", "arguments": {"a": a}}]}

    question, call, result = messages(span, "input")
    assert (question, call) == (text("user", "add"), called("call_0", 2))
    part = result["parts"][0]
    assert (result["role"], part["type"], part["id"], part["name"]) == ("tool", "tool_call_response", "call_0", "add")
    assert str(part["response"]) == "2"
    assert messages(span, "output") == [called("call_1", 1)]
    assert span["finish_reason"] == "tool_call"
    (tool,) = json.loads(span["attributes"])["gen_ai.tool.definitions"]
    assert tool == {"type": "function", **ADD["function"]}


@pytest.mark.skipif(ALONE in os.environ, reason="OpenLLMetry keeps pictures for a service of its own")
def test_a_picture_is_a_message_part(package, provider, client):
    provider.says("a pixel")
    url = {"url": f"data:image/png;base64,{PIXEL}"}
    content = [{"type": "text", "text": "what is it?"}, {"type": "image_url", "image_url": url}]
    client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": content}])
    (question,) = messages(row(), "input")
    assert question["parts"][0] == {"type": "text", "content": "what is it?"}
    picture = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": PIXEL}
    assert question["parts"][1] == picture


@pytest.mark.parametrize(("status", "kind"), [(429, "RateLimitError"), (500, "InternalServerError")])
def test_a_failed_call_says_what_failed(package, provider, client, status, kind):
    provider.fails(status, "slow down")
    with pytest.raises(openai.APIStatusError):
        client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "x"}])
    span = row()
    assert (span["status"], span["operation"], span["model"]) == ("error", "chat", "gpt-5-mini")
    assert span["error_type"].rpartition(".")[2] == kind
    assert "slow down" in span["error_message"]
    assert (span["input_tokens"], span["cost_usd"]) == (None, None)
    assert span["cost_reason"] == "the call ended before its usage was known"
    assert messages(span, "input") == [text("user", "x")]
    assert messages(span, "output") == []


def test_embeddings_land_without_their_vectors(package, provider, client):
    provider.embeds(0.125, 0.25)
    client.embeddings.create(model="text-embedding-3-small", input=["hello"])
    span = row()
    assert (span["operation"], span["model"]) == ("embeddings", "text-embedding-3-small")
    assert (span["input_tokens"], span["output_tokens"]) == (5, None)
    assert span["cost_usd"] == pytest.approx(5 * 0.02e-6)
    assert "0.125" not in span["attributes"]
    if package != OPENTELEMETRY:  # which does not tell
        assert messages(span, "input") == [text("user", "hello")]


def test_the_responses_api_lands_alike(package, provider, client):
    provider.responds("four")
    client.responses.create(model="gpt-5-mini", instructions="be brief", input="2+2?")
    span = row()
    counts = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
    assert [span[name] for name in counts] == [2000, 100, 1500, 64]
    assert (span["operation"], span["response_id"], span["provider"]) == ("chat", "resp_1", "openai")
    assert messages(span, "input") == [text("system", "be brief"), text("user", "2+2?")]
    assert messages(span, "output") == [text("assistant", "four")]


def test_a_call_lies_under_our_span_and_bears_its_scope(package, provider, client, fresh_store):
    provider.says("four")
    with (
        traces.scope(notebook="a.ipynb", cell_id="c1", run_id="r1", conversation="kitchen"),
        traces.span("invoke_agent", "agent") as agent,
        traces.meter() as total,
    ):
        client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "2+2?"}])
    call = row("operation = 'chat'")
    assert (call["parent_id"], call["trace_id"]) == (agent.span_id, agent.trace_id)
    assert (call["notebook"], call["cell_id"], call["run_id"]) == ("a.ipynb", "c1", "r1")
    assert call["conversation"] == "kitchen"
    assert (total.calls, total.usage.input_tokens, total.cost_usd) == (1, 2000, call["cost_usd"])


async def test_calls_at_once_keep_to_their_own_parents(package, provider):
    provider.answer = lambda asked: None
    provider.says("yes")

    async def ask(client, n):
        with traces.scope(sample_id=f"s{n}"), traces.span("sample", f"sample {n}") as around:
            await client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": f"{n}"}])
        return around.span_id

    async with openai.AsyncOpenAI(max_retries=0) as client:
        parents = await asyncio.gather(*(ask(client, n) for n in range(8)))
    calls = rows("operation = 'chat'")
    assert len(calls) == 8
    assert {(call["parent_id"], call["sample_id"]) for call in calls} == {(p, f"s{n}") for n, p in enumerate(parents)}
    for call in calls:
        assert messages(call, "input") == [text("user", call["sample_id"][1:])]


def test_a_conversation_of_sixty_turns_loses_no_message(package, provider, client):
    history = [{"role": "system", "content": "count"}]
    for turn in range(60):
        history.append({"role": "user", "content": f"question {turn}"})
        provider.says(f"answer {turn}")
        client.chat.completions.create(model="gpt-5-mini", messages=history)
        history.append({"role": "assistant", "content": f"answer {turn}"})
    calls = rows()
    assert [len(messages(call, "input")) for call in calls] == [2 * turn + 2 for turn in range(60)]
    last = messages(calls[-1], "input")
    assert last == [text(said["role"], said["content"]) for said in history[:-1]]
    assert {(call["operation"], call["model"], call["input_tokens"]) for call in calls} == {
        ("chat", "gpt-5-mini", 2000)
    }


async def test_a_hosted_call_of_ours_is_counted_once_with_the_librarys_span_below_it(package, provider):
    provider.says("four")
    model = open_model("openai-chat:gpt-5-mini")
    with traces.meter() as total:
        await model.reply(Request((user("2+2?"),)))
    provider.streams("fo", "ur")
    async for _ in model.stream(Request((user("2+2?"),))):
        pass
    ours, theirs = rows("operation = 'chat'"), rows("operation = 'nested_chat'")
    assert (len(ours), len(theirs)) == (2, 2)
    assert {span["parent_id"] for span in theirs} == {span["span_id"] for span in ours}
    assert total.calls == 1
    assert all(span["instrumentation"] is None for span in ours)
    sums = traces.query("SELECT sum(input_tokens), sum(output_tokens), sum(cost_usd) FROM spans").row(0)
    assert sums[:2] == (4000, 200)
    assert sums[2] == pytest.approx(sum(span["cost_usd"] for span in ours))
    for span in theirs:
        assert (span["input_tokens"], span["cost_usd"]) == (None, 0.0)
        assert span["cost_reason"] == "counted with the call around it"
        assert json.loads(span["attributes"])["gen_ai.usage.input_tokens"] == 2000


def test_no_key_reaches_the_store(package, provider, client, key, fresh_store):
    provider.says(f"do not say {key}")
    client.chat.completions.create(
        model="gpt-5-mini", messages=[{"role": "user", "content": f"my key is {key}"}], user=f"me, {key}"
    )
    fresh_store.close()
    assert messages(row(), "input") == [text("user", "my key is [redacted]")]
    written = [*fresh_store.journal.folder.rglob("*"), fresh_store.path]
    assert all(key.encode() not in path.read_bytes() for path in written if path.is_file())


@pytest.mark.skipif(ALONE in os.environ, reason="OpenLLMetry's leaves a part patched")
def test_what_was_instrumented_is_undone(provider, client):
    for package in PACKAGES:
        traces.capture(package).stop()
    provider.says("four")
    with traces.capture(instrument=False):
        client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "2+2?"}])
    assert rows() == []


@pytest.mark.skipif(ALONE in os.environ, reason="this is that process")
def test_openllmetry_obeys_the_same_laws_in_a_process_of_its_own():
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        env=os.environ | {ALONE: OPENLLMETRY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout
    assert " passed" in told.stdout
