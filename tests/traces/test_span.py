"""Laws of spans: what is said of them comes back, whoever ends them and however."""

import asyncio
import gc
import json
import random
import threading
import time
import weakref
from contextvars import copy_context
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace as otel

from workbench import traces
from workbench.errors import ModelError, StoreError
from workbench.messages import (
    Message,
    Text,
    ToolCall,
    ToolResult,
    assistant,
    message_hash,
    message_to_json,
    system,
    tool_results,
    user,
)
from workbench.traces.row import now, timestamp


def one(sql, **parameters):
    rows = traces.query(sql, **parameters).to_dicts()
    assert len(rows) == 1, rows
    return rows[0]


def test_a_span_comes_back_with_everything_said_of_it():
    moment = datetime(2026, 11, 21, 2, 3, 4, 567890, tzinfo=UTC)
    with traces.span("invoke_agent", "agent") as outer, traces.span("chat", "chat pocket") as inner:
        inner.set(
            model="pocket", provider="local", input_tokens=7, output_tokens=3, cost_usd=0.0, price_version="local"
        )
        inner.set(usage_approximate=False, time_to_first_chunk_ms=1.5)
        inner.attribute("gen_ai.request.temperature", 0.5)
        inner.attempt(started_at=moment, duration_ms=12.5, status_code=429, retry_after_seconds=1.0)
        inner.attempt(duration_ms=3.0, status_code=200)
        inner.reads(outer.span_id)
    row = one("SELECT * FROM spans WHERE span_id = $id", id=inner.span_id)
    assert row["trace_id"] == outer.trace_id == inner.trace_id
    assert row["parent_id"] == outer.span_id
    assert (row["name"], row["operation"], row["status"], row["model"]) == ("chat pocket", "chat", "ok", "pocket")
    assert (row["input_tokens"], row["output_tokens"], row["cost_usd"], row["cache_read_tokens"]) == (7, 3, 0.0, None)
    assert (row["usage_approximate"], row["time_to_first_chunk_ms"]) == (False, 1.5)
    assert json.loads(row["attributes"]) == {"gen_ai.request.temperature": 0.5}
    assert row["duration_ms"] >= 0
    assert row["ended_at"] >= row["started_at"]
    tries = traces.query("SELECT * FROM attempts ORDER BY attempt").to_dicts()
    assert [(t["attempt"], t["status_code"], t["duration_ms"]) for t in tries] == [(0, 429, 12.5), (1, 200, 3.0)]
    assert tries[0]["started_at"] == moment.replace(tzinfo=None)
    link = one("SELECT * FROM links")
    assert (link["span_id"], link["linked_span_id"]) == (inner.span_id, outer.span_id)


def test_messages_come_back_in_order_and_each_body_is_stored_once(fresh_store):
    history = [system("be brief"), user("hi")]
    call = assistant("", ToolCall("c1", "add", {"a": 1}))
    for turn in range(5):
        with traces.span("chat", "chat") as span:
            span.input_messages(history).output_messages([assistant(f"answer {turn}"), call])
        history = [*history, assistant(f"answer {turn}"), tool_results(ToolResult("c1", "add", {"sum": turn}))]
    rows = traces.query(
        "SELECT direction, position, body FROM span_messages JOIN messages USING (message_hash) WHERE span_id = $id "
        "ORDER BY direction, position",
        id=span.span_id,
    ).to_dicts()
    bodies = {way: [json.loads(r["body"]) for r in rows if r["direction"] == way] for way in ("input", "output")}
    assert bodies["input"] == [message_to_json(message) for message in history[:-2]]
    assert bodies["output"] == [message_to_json(assistant("answer 4")), message_to_json(call)]
    stored = traces.query("SELECT message_hash, body, text FROM messages").to_dicts()
    assert len(stored) == 2 + 5 + 1 + 4
    assert all(row["message_hash"] == message_hash(json.loads(row["body"])) for row in stored)
    text = b"".join(path.read_bytes() for path in fresh_store.journal.folder.glob("*.jsonl"))
    assert text.count(b"be brief") == 1


def test_a_name_or_a_type_that_a_column_has_not_is_a_type_error():
    with traces.span("chat", "chat") as span:
        with pytest.raises(TypeError, match=r"'modle'.*Did you mean 'model'"):
            span.set(modle="pocket")
        with pytest.raises(TypeError, match="it takes an integer of 64 bits or None"):
            span.set(input_tokens="7")
        with pytest.raises(TypeError):
            span.set(input_tokens=2**63)
        with pytest.raises(TypeError):
            span.set(input_tokens=True)
        with pytest.raises(TypeError):
            span.set(span_id="another")
        span.set(input_tokens=None)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (ValueError("no"), "error", "ValueError"),
        (ModelError("slow down", kind="rate_limit"), "error", "rate_limit"),
        (KeyboardInterrupt(), "interrupted", "KeyboardInterrupt"),
        (asyncio.CancelledError(), "interrupted", "CancelledError"),
        (GeneratorExit(), "interrupted", "GeneratorExit"),
    ],
)
def test_how_a_block_is_left_is_the_status(error, status, kind):
    with pytest.raises(type(error)), traces.span("chat", "chat"):
        raise error
    row = one("SELECT status, error_type, error_message FROM spans")
    assert (row["status"], row["error_type"], row["error_message"]) == (status, kind, str(error) or None)


def test_an_open_span_of_a_living_process_is_running_until_it_ends():
    span = traces.start_span("chat", "chat")
    row = one("SELECT status, ended_at, duration_ms FROM spans")
    assert row == {"status": "running", "ended_at": None, "duration_ms": None}
    span.end()
    span.end()
    assert one("SELECT status FROM spans")["status"] == "ok"


def test_a_started_span_is_no_parent_and_a_given_parent_is():
    loose = traces.start_span("chat", "loose")
    with traces.span("chat", "beside") as beside:
        pass
    child = traces.start_span("chat", "child", parent=loose)
    assert beside.trace_id != loose.trace_id == child.trace_id
    child.end()
    loose.end()
    assert one("SELECT parent_id FROM spans WHERE name = 'child'")["parent_id"] == loose.span_id


async def test_tasks_inherit_the_span_and_the_scope_and_keep_their_own():
    async def work(number):
        with traces.scope(sample_id=str(number)), traces.span("chat", f"call {number}"):
            await asyncio.sleep(0.001)

    with traces.scope(run_id="r", role="judge"), traces.span("invoke_agent", "agent") as outer:
        await asyncio.gather(*(work(number) for number in range(20)))
    rows = traces.query("SELECT * FROM spans WHERE operation = 'chat'").to_dicts()
    assert {row["sample_id"] for row in rows} == {str(number) for number in range(20)}
    assert {(row["parent_id"], row["run_id"], row["role"], row["phase"]) for row in rows} == {
        (outer.span_id, "r", "judge", "use")
    }


async def test_a_generator_closed_elsewhere_leaves_no_wrong_parent():
    async def stream():
        with traces.span("chat", "stream"):
            yield 1
            yield 2

    generator = stream()
    async for _ in generator:
        break
    await asyncio.create_task(generator.aclose())  # another context than the one that entered
    with traces.span("chat", "after"):
        pass
    rows = {row["name"]: row for row in traces.query("SELECT name, status FROM spans").to_dicts()}
    assert rows["stream"]["status"] == "interrupted"
    assert rows["after"]["status"] == "ok"


def test_an_instrumented_library_nests_under_our_span_and_its_attributes_become_columns(fresh_store):
    library = fresh_store.tracer.provider.get_tracer("some.library")
    with traces.span("invoke_agent", "agent") as outer, library.start_as_current_span("POST") as foreign:
        foreign.set_attribute("gen_ai.operation.name", "chat")
        foreign.set_attribute("gen_ai.request.model", "gpt-x")
        foreign.set_attribute("gen_ai.usage.cache_creation.input_tokens", 5)
        foreign.set_attribute("http.status", 200)
        body = [{"role": "user", "parts": [{"type": "text", "content": "hello"}]}]
        foreign.set_attribute("gen_ai.input.messages", json.dumps(body))
        foreign.add_event("retry", {"n": 1})
        with traces.span("execute_tool", "tool") as inner:
            pass
    row = one("SELECT * FROM spans WHERE name = 'POST'")
    assert (row["parent_id"], row["model"], row["cache_write_tokens"]) == (outer.span_id, "gpt-x", 5)
    assert row["operation"] == "chat"
    assert json.loads(row["attributes"])["http.status"] == 200
    assert json.loads(row["attributes"])["events"][0]["name"] == "retry"
    assert one("SELECT parent_id FROM spans WHERE span_id = $id", id=inner.span_id)["parent_id"] == row["span_id"]
    assert one("SELECT text FROM span_messages JOIN messages USING (message_hash)")["text"] == "hello"


def test_whoever_else_listens_to_the_provider_sees_the_genai_names(fresh_store):
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    heard = InMemorySpanExporter()
    fresh_store.tracer.provider.add_span_processor(SimpleSpanProcessor(heard))
    with traces.span("chat", "chat pocket") as span:
        span.set(model="pocket", input_tokens=7)
    (exported,) = heard.get_finished_spans()
    assert exported.attributes["gen_ai.request.model"] == "pocket"
    assert exported.attributes["gen_ai.usage.input_tokens"] == 7


def test_more_than_128_attributes_are_kept(fresh_store):
    with fresh_store.tracer.provider.get_tracer("library").start_as_current_span("wide") as wide:
        for number in range(500):
            wide.set_attribute(f"attribute.{number}", number)
    assert len(json.loads(one("SELECT attributes FROM spans")["attributes"])) == 500


def test_switching_off_the_sdk_of_exporters_does_not_switch_off_the_store(tmp_path, monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    traces.use(tmp_path / "other.duckdb")
    with traces.span("chat", "chat"):
        assert otel.get_current_span().is_recording()
    assert one("SELECT count(*) AS n FROM spans")["n"] == 1


def test_a_span_above_this_process_is_the_parent(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    traces.use(tmp_path / "other.duckdb")
    with traces.span("chat", "chat"):
        pass
    row = one("SELECT trace_id, parent_id FROM spans")
    assert row == {"trace_id": "0af7651916cd43dd8448eb211c80319c", "parent_id": "b7ad6b7169203331"}


def test_threads_write_every_span_once_and_inherit_the_context_they_are_given():
    def work(number):
        for turn in range(50):
            with traces.span("chat", f"{number}.{turn}") as span:
                span.output_messages([assistant(f"{number}.{turn}")])

    with traces.span("invoke_agent", "agent") as outer:
        threads = [threading.Thread(target=copy_context().run, args=(work, number)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    counts = one(
        "SELECT count(*) AS n, count(DISTINCT name) AS names, count(DISTINCT parent_id) AS parents FROM spans "
        "WHERE operation = 'chat'"
    )
    assert counts == {"n": 400, "names": 400, "parents": 1}
    assert one("SELECT count(*) AS n FROM messages")["n"] == 400
    assert outer.span_id == one("SELECT DISTINCT parent_id FROM spans WHERE operation = 'chat'")["parent_id"]


@pytest.mark.parametrize("place", ["file/inside/traces.duckdb", "file", "."])
def test_a_path_that_can_be_no_store_is_one_clear_error_and_the_old_store_stays(tmp_path, fresh_store, place):
    (tmp_path / "file").write_text("something else, and longer than a header")
    with pytest.raises(StoreError, match="Hint: "):
        traces.use(tmp_path / place)
    assert traces.store() is fresh_store
    assert (tmp_path / "file").read_text().startswith("something else")


def test_what_is_said_to_our_span_through_opentelemetry_is_stored_like_a_librarys(fresh_store):
    with traces.span("chat", "chat"):
        current = otel.get_current_span()
        current.set_attributes({"gen_ai.request.model": "gpt-x", "gen_ai.usage.input_tokens": 5, "other": "kept"})
        current.add_event("retry", {"n": 1}, timestamp=7)
        current.record_exception(ValueError("no"))
        current.update_name("renamed")
        current.set_status(otel.StatusCode.ERROR, "went wrong")
    current.set_attribute("late", True)
    current.end()
    row = one("SELECT * FROM spans")
    assert (row["name"], row["model"], row["input_tokens"]) == ("renamed", "gpt-x", 5)
    assert (row["status"], row["error_message"]) == ("error", "went wrong")
    kept = json.loads(row["attributes"])
    assert kept["other"] == "kept"
    assert kept["events"][0] == {"name": "retry", "time_unix_nano": 7, "attributes": {"n": 1}}
    assert kept["events"][1]["attributes"]["exception.type"] == "ValueError"
    assert "late" not in kept


@pytest.mark.parametrize("heard", [False, True])
def test_our_spans_and_a_librarys_nest_in_each_other_whoever_else_listens(fresh_store, heard):
    if heard:
        from opentelemetry.sdk.trace import SpanProcessor

        fresh_store.tracer.provider.add_span_processor(SpanProcessor())
    library = fresh_store.tracer.provider.get_tracer("some.library")
    with library.start_as_current_span("a"), traces.span("plan", "b") as parent:
        given = traces.start_span("plan", "d", parent=parent)
        with library.start_as_current_span("c"), traces.span("plan", "e"):
            given.end()
    rows = traces.query(
        "SELECT below.name, above.name AS above FROM spans AS below LEFT JOIN spans AS above "
        "ON below.parent_id = above.span_id ORDER BY below.name"
    ).rows()
    assert rows == [("a", None), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "c")]
    assert one("SELECT count(DISTINCT trace_id) AS n FROM spans") == {"n": 1}


def test_a_seeded_notebook_draws_no_id_twice():
    ids = []
    for _ in range(2):
        random.seed(0)
        span = traces.start_span("chat", "chat")
        span.end()
        ids += [span.span_id, span.trace_id]
    assert len(set(ids)) == 4


def test_a_context_that_outlives_a_span_does_not_keep_its_messages():
    class Marked(str):
        __slots__ = ("__weakref__",)

    text = Marked("held by nobody else")
    gone = weakref.ref(text)
    with traces.span("invoke_agent", "agent") as span:
        span.output_messages([assistant("before"), Message("assistant", (Text(text),))])
        kept = copy_context()
    for number in range(600):  # more than the writer remembers
        with traces.span("chat", "chat") as other:
            other.output_messages([assistant(f"{number}")])
    del text, other
    gc.collect()
    assert kept is not None
    assert gone() is None


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(0, 999))
def test_now_is_written_as_any_moment_is(moment, nanoseconds):
    since = moment - datetime(1970, 1, 1)
    elapsed = (since // timedelta(microseconds=1)) * 1000 + nanoseconds
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: elapsed)
        assert now() == timestamp(moment)
