"""Laws of capture: it listens to what is there, makes what is not, and never fails the program it listens to."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

from workbench import traces
from workbench.errors import MissingDependencyError


def alone(program, tmp_path, **environment):
    """What a program prints in a process of its own, with a store of its own: OpenTelemetry has one provider each."""
    told = subprocess.run(
        [sys.executable, "-W", "always", "-c", textwrap.dedent(program)],
        env=os.environ | {"WORKBENCH_STORE": str(tmp_path / "alone.duckdb")} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout), told.stderr


def test_a_process_without_a_provider_gets_one_without_limits(tmp_path):
    told, said = alone(
        """
        import json
        from opentelemetry import trace
        early = trace.get_tracer("early")  # asked for before there was a provider
        from workbench import traces
        traces.capture(instrument=False)
        with early.start_as_current_span("wide") as span:
            for n in range(1000):
                span.set_attribute(f"a{n}", n)
        (row,) = traces.query("SELECT * FROM spans").to_dicts()
        print(json.dumps([row["name"], row["instrumentation"], len(json.loads(row["attributes"]))]))
        """,
        tmp_path,
    )
    assert told == ["wide", "early", 1000]
    assert "StoreWarning" not in said


def test_a_provider_that_is_there_is_listened_to_and_its_limit_is_said(tmp_path):
    program = """
        import json
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
        exporter, provider = InMemorySpanExporter(), TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        trace.set_tracer_provider(provider)
        from workbench import traces
        captured = traces.capture(instrument=False)
        assert traces.capture(instrument=False) is captured
        with traces.span("invoke_agent", "agent") as agent, trace.get_tracer("library").start_as_current_span("theirs"):
            pass
        captured.stop()
        with trace.get_tracer("library").start_as_current_span("later"):
            pass
        rows = traces.query("SELECT name, parent_id FROM spans WHERE instrumentation IS NOT NULL").rows()
        exported = [span.name for span in exporter.get_finished_spans()]
        print(json.dumps([rows == [("theirs", agent.span_id)], trace.get_tracer_provider() is provider, exported]))
        """
    told, said = alone(program, tmp_path)
    assert told == [True, True, ["theirs", "later"]]
    assert said.count("keeps at most 128 attributes of a span") == 1
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=100000" in said
    _, said = alone(program, tmp_path / "b", OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="100000")
    assert "keeps at most 100000" in said


@pytest.mark.parametrize(
    ("path", "warning"),
    [("file/traces.duckdb", "cannot be written"), ("folder", "Other libraries' calls are not stored")],
)
def test_a_store_that_cannot_be_used_fails_nobody_and_is_said_once(tmp_path, path, warning):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    told, said = alone(
        """
        import json
        from opentelemetry import trace
        from workbench import traces
        traces.capture(instrument=False)
        for _ in range(3):
            with trace.get_tracer("library").start_as_current_span("theirs"):
                pass
        print(json.dumps("went on"))
        """,
        tmp_path,
        WORKBENCH_STORE=str(tmp_path / path),
    )
    assert told == "went on"
    assert said.count(warning) == 1


def test_opentelemetry_is_not_imported_before_it_is_needed(tmp_path):
    program = (
        "import sys, json, workbench.traces; print(json.dumps([n for n in sys.modules if n.startswith('opentel')]))"
    )
    assert alone(program, tmp_path)[0] == []


def test_what_is_open_when_capture_stops_is_stored_when_it_ends(tmp_path):
    told, _ = alone(
        """
        import json
        from opentelemetry import trace
        from workbench import traces
        with traces.capture(instrument=False):
            first = traces.store()
            span = trace.get_tracer("library").start_span("theirs")
        traces.use(first.path.with_name("other.duckdb"))
        span.end()
        print(json.dumps([first.query("SELECT status FROM spans").rows(), traces.query("SELECT 1 FROM spans").rows()]))
        """,
        tmp_path,
    )
    assert told == [[["ok"]], []]


def test_a_library_without_an_instrumentor_is_said_with_a_hint():
    with pytest.raises(MissingDependencyError, match=r"No instrumentor of 'opnai'.*Did you mean 'openai'") as caught:
        traces.capture("opnai")
    assert "pip install openinference-instrumentation-opnai" in str(caught.value)


def test_one_instrumentor_is_taken_for_each_library_and_none_twice():
    with traces.capture() as captured:
        assert sum(name.startswith("openai by ") for name in captured.instrumented) == 1
        assert traces.capture() is captured
        assert sum(name.startswith("openai by ") for name in captured.instrumented) == 1
        assert "openai by opentelemetry-instrumentation-genai-openai" in repr(captured)
        assert str(traces.store().path) in repr(captured)
    assert repr(captured) == "Capture(stopped)"


def test_what_somebody_else_instrumented_is_left_alone():
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    try:
        with traces.capture() as captured:
            assert captured.instrumented == ()
        assert OpenAIInstrumentor().is_instrumented_by_opentelemetry
    finally:
        OpenAIInstrumentor().uninstrument()
