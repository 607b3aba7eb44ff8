"""Laws of content capture: where it is off nothing that was said reaches the disk, and what it cost does."""

import json

from opentelemetry.trace import StatusCode

from workbench import traces
from workbench.messages import ToolCall, ToolResult, assistant, tool_results, user
from workbench.traces.content import LEFT_OUT

SAID = "a word that was said"


def say_everything(store):
    """A span of ours and one of another library that say the same in every way there is."""
    with traces.span("chat", "chat pocket") as span:
        span.set(model="pocket", input_tokens=7, output_tokens=3, cost_usd=0.25)
        call = ToolCall("c1", "add", {"a": SAID})
        span.input_messages([user(SAID), tool_results(ToolResult("c1", "add", SAID))])
        span.output_messages([assistant(SAID, call)])
        span.attribute("gen_ai.tool.call.arguments", {"a": SAID}).attribute("gen_ai.tool.definitions", [SAID])
        span.attribute("gen_ai.request.stop_sequences", [SAID]).attribute("gen_ai.request.temperature", 0.5)
        span.attribute("mine", SAID).attribute("mine.number", 5)
        span.attempt(status_code=400, error_type="bad_request", error_message=SAID)
        span.fail(ValueError(SAID))
    library = store.tracer.provider.get_tracer("some.library")
    with library.start_as_current_span("POST") as foreign:
        foreign.set_attribute("gen_ai.operation.name", "chat")
        foreign.set_attribute("gen_ai.request.model", "gpt-x")
        foreign.set_attribute("gen_ai.usage.input_tokens", 7)
        foreign.set_attribute("input.value", SAID)
        foreign.set_attribute("gen_ai.input.messages", json.dumps([{"role": "user", "parts": []}]))
        foreign.set_attribute("gen_ai.prompt.0.content", SAID)
        foreign.add_event("gen_ai.content.prompt", {"gen_ai.prompt": SAID, "index": 0})
        foreign.record_exception(ValueError(SAID))
        foreign.set_status(StatusCode.ERROR, SAID)


def raw(store):
    store.query("SELECT 1")
    files = [*store.journal.folder.rglob("*.jsonl"), store.path]
    return b"".join(path.read_bytes() for path in files)


def by_name(store):
    return {row["name"]: row for row in store.query("SELECT * FROM spans").to_dicts()}


def test_without_content_counts_cost_and_status_stay_and_no_word_does(fresh_store):
    with traces.content(False):
        say_everything(fresh_store)
    assert SAID.encode() not in raw(fresh_store)
    rows = by_name(fresh_store)
    ours, foreign = rows["chat pocket"], rows["POST"]
    assert (ours["model"], ours["input_tokens"], ours["output_tokens"], ours["cost_usd"]) == ("pocket", 7, 3, 0.25)
    assert (ours["status"], ours["error_type"], ours["error_message"]) == ("error", "ValueError", LEFT_OUT)
    assert json.loads(ours["attributes"]) == {"gen_ai.request.temperature": 0.5, "mine.number": 5}
    assert (foreign["model"], foreign["input_tokens"], foreign["status"]) == ("gpt-x", 7, "error")
    assert foreign["error_message"] == LEFT_OUT
    attempt = fresh_store.query("SELECT * FROM attempts").to_dicts()[0]
    assert (attempt["status_code"], attempt["error_type"], attempt["error_message"]) == (400, "bad_request", LEFT_OUT)
    assert fresh_store.query("SELECT count(*) AS n FROM messages")["n"].item() == 0


def test_with_content_all_of_it_is_there(fresh_store):
    say_everything(fresh_store)
    assert raw(fresh_store).count(SAID.encode()) > 5
    assert by_name(fresh_store)["chat pocket"]["error_message"] == SAID


def test_a_store_can_be_without_content_and_the_innermost_block_counts(tmp_path, monkeypatch):
    def captured():
        with traces.span("chat", "chat") as span:
            span.output_messages([assistant(SAID)])
        count = traces.query("SELECT count(*) AS n FROM span_messages WHERE span_id = $id", id=span.span_id)
        return count["n"].item() == 1

    traces.use(tmp_path / "silent.duckdb", content=False)
    assert not captured()
    with traces.content(True):
        assert captured()
        with traces.content(False):
            assert not captured()
        assert captured()
    monkeypatch.setenv("WORKBENCH_CONTENT", "0")
    traces.use(tmp_path / "silent.duckdb")
    assert not captured()
    monkeypatch.setenv("WORKBENCH_CONTENT", "1")
    traces.use(tmp_path / "silent.duckdb")
    assert captured()


def test_a_span_keeps_to_what_held_when_it_began(fresh_store):
    with traces.content(False):
        span = traces.start_span("chat", "chat")
    span.output_messages([assistant(SAID)]).end()
    with traces.content(True):
        other = traces.start_span("chat", "chat")
    with traces.content(False):
        other.output_messages([assistant("another word")]).end()
    assert traces.query("SELECT text FROM messages")["text"].to_list() == ["another word"]


def test_another_listener_gets_no_content_either(fresh_store):
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    heard = InMemorySpanExporter()
    fresh_store.tracer.provider.add_span_processor(SimpleSpanProcessor(heard))
    with traces.content(False), traces.span("chat", "chat pocket") as span:
        span.set(model="pocket").output_messages([assistant(SAID)]).attribute("mine", SAID).fail(ValueError(SAID))
    (exported,) = heard.get_finished_spans()
    assert exported.attributes["gen_ai.request.model"] == "pocket"
    assert SAID not in exported.to_json()
