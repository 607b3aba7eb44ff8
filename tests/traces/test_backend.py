"""Laws of sending spans to a back end: what arrives has the conventions' names, and no key leaves."""

import json
import os
import subprocess
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from workbench import traces
from workbench.errors import MissingDependencyError, ModelError, OptionError
from workbench.messages import ToolCall, assistant, user

KEY = "sk-test-0123456789abcdefghijklmnop"  # secret-shaped, and no one's


class Collector:
    """A server that speaks OTLP over HTTP."""

    def __init__(self):
        self.requests = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.requests.append((self.path, dict(self.headers), body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def spans(self):
        """What arrived: (scope's name, span, its attributes)."""
        found = []
        for _, _, body in self.requests:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found += [(scope.scope.name, span, attributes(span)) for span in scope.spans]
        return found


def attributes(span):
    return {item.key: value(item.value) for item in span.attributes}


def value(given):
    kind = given.WhichOneof("value")
    return [value(one) for one in given.array_value.values] if kind == "array_value" else getattr(given, kind)


@pytest.fixture
def collector():
    server = Collector()
    yield server
    server.close()


def test_our_spans_arrive_under_the_conventions_names_and_are_stored_as_ever(collector):
    call = ToolCall("c1", "add", {"a": 1})
    with (
        traces.export_to(collector.url),
        traces.scope(notebook="a.ipynb"),
        traces.span("invoke_agent", "invoke_agent react") as agent,
        traces.span("chat", "chat m") as span,
    ):
        span.set(model="m", provider="openai", input_tokens=7, cache_read_tokens=3, finish_reason="tool_call")
        span.set(time_to_first_chunk_ms=250.0, cost_usd=0.5)
        span.attribute("gen_ai.request.temperature", 0.5)
        span.attribute("gen_ai.tool.definitions", [{"type": "function", "name": "add"}])
        span.input_messages([user("2+2?")])
        span.output_messages([assistant("", call)])
    (_, sent, said), (scope, above, _) = collector.spans()
    assert scope == "workbench"
    assert (sent.name, sent.trace_id.hex(), sent.span_id.hex()) == ("chat m", span.trace_id, span.span_id)
    assert (sent.parent_span_id.hex(), above.span_id.hex()) == (agent.span_id, agent.span_id)
    messages = json.loads(said.pop("gen_ai.input.messages")), json.loads(said.pop("gen_ai.output.messages"))
    assert messages[0] == [{"role": "user", "parts": [{"type": "text", "content": "2+2?"}]}]
    assert messages[1][0]["finish_reason"] == "tool_call"
    assert messages[1][0]["parts"] == [{"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}}]
    assert json.loads(said.pop("gen_ai.tool.definitions")) == [{"type": "function", "name": "add"}]
    assert said == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 3,
        "gen_ai.response.finish_reasons": ["tool_call"],
        "gen_ai.response.time_to_first_chunk": 0.25,
        "gen_ai.request.temperature": 0.5,
        "workbench.cost_usd": 0.5,
        "workbench.notebook": "a.ipynb",
        "workbench.role": "solver",
        "workbench.phase": "use",
    }
    rows = traces.query("SELECT * FROM spans ORDER BY started_at").to_dicts()
    assert [(row["span_id"], row["status"]) for row in rows] == [(agent.span_id, "ok"), (span.span_id, "ok")]
    assert json.loads(rows[1]["attributes"]) == {
        "gen_ai.request.temperature": 0.5,
        "gen_ai.tool.definitions": [{"type": "function", "name": "add"}],
    }
    assert traces.query("SELECT count(*) FROM span_messages").item() == 2


def test_an_error_arrives_as_one_and_an_interrupt_does_not(collector):
    with traces.export_to(collector.url):
        with pytest.raises(ModelError), traces.span("chat", "chat m"):
            raise ModelError("slow down", kind="rate_limit")
        with pytest.raises(KeyboardInterrupt), traces.span("chat", "chat m"):
            raise KeyboardInterrupt
    (_, failed, said), (_, interrupted, _) = collector.spans()
    assert (failed.status.code, failed.status.message, said["error.type"]) == (2, "slow down", "rate_limit")
    assert interrupted.status.code == 0


def test_no_key_leaves(collector, monkeypatch, fresh_store):
    monkeypatch.setenv("MY_SERVICE_TOKEN", 'pass"word-0123')
    library = fresh_store.tracer.provider.get_tracer("library")
    with traces.export_to(collector.url, headers={"authorization": "Bearer kept"}) as backend:
        with traces.span("chat", f"chat {KEY}") as span:
            span.input_messages([user(f'my key is {KEY}, and pass"word-0123')])
            span.attribute("note", {"a": [KEY]})
            span.set(tool_name='pass"word-0123')
        with library.start_as_current_span("theirs") as theirs:
            theirs.set_attribute("llm.input_messages.0.message.content", KEY)
            theirs.add_event("said", {"words": [KEY, "and"]})
            theirs.set_status(2, f"refused {KEY}")
        assert backend.flush()
        assert "kept" not in repr(backend)
    assert len(collector.spans()) == 2
    for path, headers, body in collector.requests:
        assert path == "/v1/traces"
        assert headers["authorization"] == "Bearer kept"
        assert KEY.encode() not in body
        assert b"word-0123" not in body
        assert b"[redacted]" in body


def test_content_that_is_not_kept_does_not_leave(collector, fresh_store):
    library = fresh_store.tracer.provider.get_tracer("library")
    with traces.export_to(collector.url), traces.content(False):
        with traces.span("chat", "chat m") as span:
            span.set(model="m")
            span.input_messages([user("secret plan")])
        with library.start_as_current_span("theirs") as theirs:
            theirs.set_attributes({"llm.input_messages.0.message.content": "secret plan", "llm.token_count.prompt": 7})
            theirs.set_status(2, "no such secret plan")
    (_, _, ours), (_, _, said) = collector.spans()
    assert (ours["gen_ai.request.model"], said["llm.token_count.prompt"]) == ("m", 7)
    assert all(b"secret" not in body for _, _, body in collector.requests)


def test_a_burst_arrives_whole(collector):
    with traces.export_to(collector.url) as backend:
        for _ in range(5_000):
            traces.start_span("chat", "chat m").end()
        assert backend.flush()
        assert len({span.span_id for _, span, _ in collector.spans()}) == 5_000
    assert traces.query("SELECT count(*) FROM spans").item() == 5_000


def test_a_back_end_that_is_gone_costs_no_span(collector, fresh_store):
    collector.close()
    backend = traces.export_to(collector.url)
    traces.start_span("chat", "chat m").end()
    assert traces.query("SELECT count(*) FROM spans").item() == 1
    backend.stop()
    traces.start_span("chat", "chat m").end()
    assert not fresh_store.tracer.provider.is_heard
    assert repr(backend).endswith(", stopped)")
    assert traces.query("SELECT count(*) FROM spans").item() == 2


def test_the_variables_of_opentelemetry_are_obeyed_when_no_endpoint_is_given(collector, monkeypatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    with pytest.raises(OptionError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        traces.export_to()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=us")
    with traces.export_to() as backend:
        traces.start_span("chat", "chat m").end()
        assert backend.endpoint == f"{collector.url}/v1/traces"
    ((path, headers, _),) = collector.requests
    assert (path, headers["x-tenant"]) == ("/v1/traces", "us")


def test_an_address_is_shown_without_what_is_secret_in_it(collector):
    with pytest.raises(OptionError, match="no address of HTTP") as caught:
        traces.export_to("ftp://me:hunter2@example.org/x?token=1")
    assert "hunter2" not in str(caught.value)
    assert "token" not in str(caught.value)


@pytest.mark.parametrize("first", ["capture", "export"])
def test_captured_spans_go_too_whichever_came_first(collector, tmp_path, first):
    """In a process of its own, because OpenTelemetry has one provider for each."""
    begun = ["captured = traces.capture(instrument=False)", f"backend = traces.export_to({collector.url!r})"]
    program = """
        with traces.span("invoke_agent", "agent"), trace.get_tracer("library").start_as_current_span("theirs"):
            pass
        backend.stop()
        with trace.get_tracer("library").start_as_current_span("later"):
            pass
        assert traces.query("SELECT count(*) FROM spans").item() == 3
    """
    lines = ["from opentelemetry import trace", "from workbench import traces"]
    lines += begun if first == "capture" else begun[::-1]
    told = subprocess.run(
        [sys.executable, "-c", "\n".join(lines) + textwrap.dedent(program)],
        env=os.environ | {"WORKBENCH_STORE": str(tmp_path / "alone.duckdb")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    spans = {span.name: span for _, span, _ in collector.spans()}
    assert spans.keys() == {"agent", "theirs"}
    assert spans["theirs"].parent_span_id == spans["agent"].span_id


def test_an_exporter_that_is_not_installed_is_said_with_a_hint(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(MissingDependencyError, match=r"research-workbench\[otlp\]"):
        traces.export_to("http://localhost:4318")
