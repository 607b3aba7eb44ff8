"""Files of other tools: OTLP of any library, the log of `llm`, the log of Inspect."""

import json
import shutil
import zipfile

import pytest

from workbench.errors import DataError
from workbench.traces.exchange import import_

SAID = """
    SELECT direction, position, messages.role, text, tool_text FROM spans
    JOIN span_messages USING (span_id) JOIN messages USING (message_hash)
    WHERE span_id = $id ORDER BY direction, position
"""


def otlp(*spans, scope="opentelemetry.instrumentation.openai"):
    return {"resourceSpans": [{"resource": {"attributes": [pair("service.name", "app")]},
                               "scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}]}]}  # fmt: skip


def pair(key, value):
    return {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}


def span(number, **fields):
    made = {"traceId": "a" * 32, "spanId": f"{number:016x}", "name": "chat gpt", "kind": 3}
    times = {"startTimeUnixNano": "1795240895283970123", "endTimeUnixNano": "1795240895784970123"}
    return {**made, **times, "attributes": [], **fields}


def test_a_span_of_another_library_comes_in_in_our_columns(other, tmp_path):
    attributes = [
        pair("gen_ai.system", "openai"),
        pair("gen_ai.operation.name", "chat"),
        pair("gen_ai.request.model", "gpt-5-mini"),
        pair("gen_ai.usage.prompt_tokens", 12),
        pair("gen_ai.usage.completion_tokens", 3),
        pair("gen_ai.prompt.0.role", "user"),
        pair("gen_ai.prompt.0.content", "hi"),
        pair("gen_ai.completion.0.role", "assistant"),
        pair("gen_ai.completion.0.content", "hello"),
        pair("http.status", 200),
    ]
    status = {"code": 2, "message": "oops"}
    request = otlp(span(1, attributes=attributes, parentSpanId="f" * 16, status=status, links=[{"spanId": "e" * 16}]))
    (tmp_path / "x.json").write_text(json.dumps(request, indent=2))  # one text over many lines
    assert import_(tmp_path / "x.json", store=other).rows["spans"] == 1
    row = other.query("SELECT * FROM spans").to_dicts()[0]
    assert (row["provider"], row["model"], row["input_tokens"], row["output_tokens"]) == ("openai", "gpt-5-mini", 12, 3)
    assert (row["status"], row["error_message"], row["parent_id"]) == ("error", "oops", "f" * 16)
    assert (row["duration_ms"], row["instrumentation"]) == (501.0, "opentelemetry.instrumentation.openai")
    assert json.loads(row["attributes"]) == {"http.status": 200, "resource": {"service.name": "app"}}
    assert other.query(SAID, id=row["span_id"]).rows() == [
        ("input", 0, "user", "hi", None), ("output", 0, "assistant", "hello", None),
    ]  # fmt: skip
    assert other.query("SELECT linked_span_id FROM links")["linked_span_id"].to_list() == ["e" * 16]


def test_a_call_inside_a_call_of_the_same_request_is_counted_once(other, tmp_path):
    said = [pair("gen_ai.operation.name", "chat"), pair("gen_ai.usage.input_tokens", 5)]
    inner, outer = span(2, attributes=said, parentSpanId=f"{1:016x}"), span(1, attributes=said)
    (tmp_path / "x.otlp.jsonl").write_text(json.dumps(otlp(inner, outer)))
    import_(tmp_path / "x.otlp.jsonl", store=other)
    assert other.query("SELECT sum(input_tokens) AS n FROM spans WHERE operation = 'chat'")["n"].item() == 5


@pytest.mark.parametrize(("version", "spans"), [("0_19", 2), ("0_27", 5), ("0_36", 5)])
def test_a_log_of_llm_comes_in_from_every_schema(other, llm_log, version, spans):
    path = llm_log(version)
    before = path.read_bytes()
    assert import_(path, store=other).rows["spans"] == spans
    assert import_(path, store=other).already_there == {"spans": spans}
    assert path.read_bytes() == before
    rows = other.query("SELECT * FROM spans ORDER BY started_at, span_id").to_dicts()
    assert {row["model"] for row in rows} == {"mock"}
    assert {(row["input_tokens"], row["output_tokens"], row["cache_read_tokens"]) for row in rows} == {(7, 3, 2)}
    assert {row["cost_usd"] for row in rows} == {None}
    first, second = rows[:2]
    assert first["conversation"] == second["conversation"] is not None
    assert other.query(SAID, id=second["span_id"]).select("direction", "role", "text").rows() == [
        ("input", "system", "be brief"),
        ("input", "user", "hi there"),
        ("input", "assistant", "echo: hi there"),
        ("input", "user", "again"),
        ("output", "assistant", "echo: again"),
    ]


@pytest.mark.parametrize("version", ["0_27", "0_36"])
def test_tools_and_pictures_of_llm_come_in_too(other, llm_log, version):
    import_(llm_log(version), store=other)
    calls = other.query("SELECT body FROM messages WHERE tool_text IS NOT NULL")["body"].to_list()
    parts = [part for body in calls for part in json.loads(body)["parts"] if part["type"].startswith("tool_call")]
    assert sorted(parts, key=lambda part: part["type"]) == [
        {"type": "tool_call", "id": "call_1", "name": "upper", "arguments": {"text": "hello"}},
        {"type": "tool_call_response", "id": "call_1", "name": "upper", "response": "HELLO"},
    ]
    pictures = other.query("SELECT count(*) AS n FROM messages WHERE body::VARCHAR LIKE '%\"image/png\"%'")
    assert pictures["n"].item() == 1


def test_another_sqlite_file_is_no_log_of_llm(other, tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("CREATE TABLE things (a)")
    connection.close()
    with pytest.raises(DataError, match="no log of llm"):
        import_(tmp_path / "x.db", store=other)


def test_a_log_of_inspect_comes_in_as_a_run_with_samples_scores_and_calls(other, inspect_log):
    done = import_(inspect_log, store=other)
    assert done.rows == {"runs": 1, "samples": 4, "scores": 8, "spans": 10, "span_messages": 17}
    assert import_(inspect_log, store=other).rows == {}
    run = other.query("SELECT kind, name, status FROM runs").rows()
    assert run == [("evaluation", "sums", "ok")]
    samples = other.query("SELECT * FROM samples ORDER BY sample_id, repetition").to_dicts()
    assert [(one["sample_id"], one["repetition"], one["output_text"]) for one in samples] == [
        ("a", 0, "3"), ("a", 1, "3"), ("b", 0, "no idea"), ("b", 1, "4"),
    ]  # fmt: skip
    assert (samples[0]["calls"], samples[0]["input_tokens"], samples[0]["output_tokens"]) == (2, 25, 6)
    right = other.query("SELECT sample_id, repetition, bool FROM scores WHERE scorer = 'match' ORDER BY ALL").rows()
    assert right == [("a", 0, True), ("a", 1, True), ("b", 0, False), ("b", 1, True)]


def test_the_calls_of_an_inspect_sample_are_one_trace(other, inspect_log):
    import_(inspect_log, store=other)
    trace = other.query("SELECT trace_id FROM samples WHERE sample_id = 'a' AND repetition = 0")["trace_id"].item()
    spans = other.query("SELECT * FROM spans WHERE trace_id = $t ORDER BY started_at", t=trace).to_dicts()
    assert [one["operation"] for one in spans] == ["invoke_agent", "chat", "execute_tool", "chat"]
    root, first, tool, last = spans
    assert {one["parent_id"] for one in (first, tool, last)} == {root["span_id"]}
    assert (first["finish_reason"], first["model"], first["provider"]) == ("tool_call", "model", "mockllm")
    # cached tokens are part of the input
    assert (last["input_tokens"], last["cache_read_tokens"]) == (16, 5)
    assert (tool["tool_name"], tool["status"]) == ("add", "ok")
    said = other.query(SAID, id=last["span_id"]).select("direction", "role", "text").rows()
    assert [role for _, role, _ in said] == ["system", "user", "assistant", "tool", "assistant"]
    assert said[-1] == ("output", "assistant", "3")


def test_an_evaluation_that_was_cut_off_comes_in_as_interrupted(other, inspect_log, tmp_path):
    from workbench.traces.exchange.zip_entries import ZipEntries

    entries = ZipEntries(inspect_log, tmp_path)
    with zipfile.ZipFile(tmp_path / "cut.eval", "w", zipfile.ZIP_DEFLATED) as file:  # deflated, as older ones are
        for name in ("_journal/start.json", "samples/a_epoch_1.json"):
            file.writestr(name, json.dumps(entries.json(name)))
    assert import_(tmp_path / "cut.eval", store=other).rows["samples"] == 1
    assert other.query("SELECT status FROM runs")["status"].to_list() == ["interrupted"]


def test_a_sample_that_cannot_be_read_is_counted(other, inspect_log, tmp_path):
    shutil.copy(inspect_log, tmp_path / "x.eval")
    with zipfile.ZipFile(tmp_path / "x.eval", "a") as file:
        file.writestr("samples/broken.json", "{")
        file.writestr("samples/strange.json", '{"id": 1}')
    done = import_(tmp_path / "x.eval", store=other)
    assert (done.rows["samples"], sum(done.skipped.values())) == (4, 2)


def test_a_newer_log_of_inspect_is_refused(other, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.eval", "w") as file:
        file.writestr("header.json", json.dumps({"version": 3, "eval": {"eval_id": "e"}}))
    with pytest.raises(DataError, match="version 3 of Inspect's log"):
        import_(tmp_path / "x.eval", store=other)
