"""Laws of the GenAI dialect: new names, old names and OpenLLMetry's say the same, and nothing is lost or told twice."""

import asyncio
import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import trace as otel
from opentelemetry.sdk._logs import LoggerProvider

from workbench import traces
from workbench.traces.conventions import WORK
from workbench.traces.foreign.listener import Listener, LogListener

NUMBERS = itertools.count()
USER = {"role": "user", "parts": [{"type": "text", "content": "2+2?"}]}
FOUR = {"role": "assistant", "parts": [{"type": "text", "content": "four"}]}
CALL = {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}}]}
RESULT = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "name": "add", "response": "2"}]}


@pytest.fixture
def library(fresh_store):
    return fresh_store.tracer.provider.get_tracer("some.library", "1.2")


def rows():
    return traces.query("SELECT * FROM spans ORDER BY started_at").to_dicts()


def ended(library, attributes, name="chat m", **kwargs):
    """The row of one span with these attributes."""
    with library.start_as_current_span(name, **kwargs) as span:
        span.set_attributes(attributes)
    return next(row for row in rows() if row["span_id"] == f"{span.get_span_context().span_id:016x}")


def messages(span):
    found = {"input": [], "output": []}
    for direction, body in traces.query(
        "SELECT direction, body FROM span_messages JOIN messages USING (message_hash) WHERE span_id = $id "
        "ORDER BY direction, position",
        id=span["span_id"],
    ).rows():
        found[direction].append(json.loads(body))
    return found


NEW = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "mistral_ai",
    "gen_ai.request.model": "m",
    "gen_ai.response.model": "m-1",
    "gen_ai.response.id": "r1",
    "gen_ai.response.finish_reasons": ["tool_calls"],
    "gen_ai.response.time_to_first_chunk": 0.25,
    "gen_ai.conversation.id": "kitchen",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 20,
    "gen_ai.usage.cache_read.input_tokens": 30,
    "gen_ai.usage.cache_write.input_tokens": 10,
    "gen_ai.usage.reasoning.output_tokens": 5,
    "gen_ai.usage.audio.input_tokens": 4,
    "gen_ai.usage.image.input_tokens": 3,
    "gen_ai.usage.audio.output_tokens": 2,
    "gen_ai.usage.image.output_tokens": 1,
}
OLD = {
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "MistralAI",
    "gen_ai.request.model": "m",
    "gen_ai.response.model": "m-1",
    "gen_ai.response.id": "r1",
    "gen_ai.response.finish_reason": "tool_use",
    "gen_ai.conversation.id": "kitchen",
    "gen_ai.usage.prompt_tokens": 100,
    "gen_ai.usage.completion_tokens": 20,
    "gen_ai.usage.cache_read_input_tokens": 30,
    "gen_ai.usage.cache_creation_input_tokens": 10,
    "gen_ai.usage.reasoning_tokens": 5,
    "gen_ai.usage.total_tokens": 120,
    "llm.request.type": "chat",
}


@pytest.mark.parametrize("said", [NEW, OLD])
def test_new_and_old_names_fill_the_same_columns(library, said):
    row = ended(library, said)
    expected = {
        "operation": "chat",
        "provider": "mistral_ai",
        "model": "m",
        "response_model": "m-1",
        "response_id": "r1",
        "finish_reason": "tool_call",
        "conversation": "kitchen",
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read_tokens": 30,
        "cache_write_tokens": 10,
        "reasoning_tokens": 5,
        "instrumentation": "some.library 1.2",
        "status": "ok",
    }
    assert {name: row[name] for name in expected} == expected
    assert row["attributes"] is None  # all of it has a column
    if said is NEW:
        assert row["time_to_first_chunk_ms"] == 250
        modal = ("input_audio_tokens", "input_image_tokens", "output_audio_tokens", "output_image_tokens")
        assert [row[name] for name in modal] == [4, 3, 2, 1]


def test_what_a_span_does_not_say_is_unknown(library):
    row = ended(library, {"http.request.method": "GET"}, name="GET", kind=otel.SpanKind.CLIENT)
    assert row["operation"] == "client"
    silent = ("model", "provider", "input_tokens", "output_tokens", "cost_usd", "cost_reason", "finish_reason")
    assert [row[name] for name in silent] == [None] * len(silent)
    assert json.loads(row["attributes"]) == {"http.request.method": "GET"}


def test_spellings_that_disagree_are_both_kept(library):
    row = ended(library, {"gen_ai.usage.input_tokens": 7, "gen_ai.usage.prompt_tokens": 8, "gen_ai.request.model": 5})
    assert (row["input_tokens"], row["model"]) == (7, None)
    assert json.loads(row["attributes"]) == {"gen_ai.usage.prompt_tokens": 8, "gen_ai.request.model": 5}


@pytest.mark.parametrize(
    ("input", "read", "written", "total", "expected"),
    [
        (100, 30, 10, None, 100),  # the conventions: cached ones are in it
        (4, 30, 10, None, 44),  # Anthropic's own count: more cached than all input
        (100, 30, 10, 145, 140),  # a total of 140 in and 5 out
        (100, 30, 10, 105, 100),
        (100, None, None, 105, 100),
    ],
)
def test_input_tokens_include_cached_ones(library, input, read, written, total, expected):
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.usage.input_tokens": input,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": read,
        "gen_ai.usage.cache_write.input_tokens": written,
        "gen_ai.usage.total_tokens": total,
    }
    row = ended(library, {name: value for name, value in said.items() if value is not None})
    assert row["input_tokens"] == expected
    assert row["attributes"] is None


def with_numbered(library):
    return ended(
        library,
        {
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "2+2?",
            "gen_ai.prompt.1.role": "assistant",
            "gen_ai.prompt.1.tool_calls.0.id": "c1",
            "gen_ai.prompt.1.tool_calls.0.name": "add",
            "gen_ai.prompt.1.tool_calls.0.arguments": '{"a": 1}',
            "gen_ai.prompt.2.role": "tool",
            "gen_ai.prompt.2.tool_call_id": "c1",
            "gen_ai.prompt.2.content": "2",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "four",
            "gen_ai.completion.0.finish_reason": "stop",
        },
    )


def with_json(library):
    return ended(
        library,
        {
            "gen_ai.input.messages": json.dumps([USER, CALL, RESULT]),
            "gen_ai.output.messages": json.dumps([FOUR | {"finish_reason": "stop"}]),
            "gen_ai.response.finish_reasons": ["stop"],
        },
    )


def tell_old_events(tell):
    calls = [{"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}]
    tell("gen_ai.user.message", {"content": "2+2?"})
    tell("gen_ai.assistant.message", {"tool_calls": calls})
    tell("gen_ai.tool.message", {"content": "2", "id": "c1"})
    tell("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "four"}})


def with_events(library):
    """Attributes of events do not nest, so that libraries wrote JSON text."""
    with library.start_as_current_span("chat m") as span:
        tell_old_events(
            lambda name, body: span.add_event(
                name,
                {key: json.dumps(value) if isinstance(value, list | dict) else value for key, value in body.items()},
            )
        )
        span.add_event("retry", {"n": 1})
    return rows()[-1]


def heard(fresh_store):
    """A log provider that we listen to, and a provider of spans."""
    logs = LoggerProvider(shutdown_on_exit=False)
    logs.add_log_record_processor(LogListener(Listener()))
    return logs.get_logger("some.library")


def with_log_records(library):
    from opentelemetry._logs import LogRecord

    logger = heard(None)
    with library.start_as_current_span("chat m"):
        tell_old_events(lambda name, body: logger.emit(LogRecord(event_name=name, body=body)))
    return rows()[-1]


def with_details(library):
    from opentelemetry._logs import LogRecord

    logger = heard(None)
    said = {"gen_ai.input.messages": [USER, CALL, RESULT], "gen_ai.output.messages": [FOUR]}
    with library.start_as_current_span("chat m") as span:
        span.set_attribute("gen_ai.response.finish_reasons", ["stop"])
        logger.emit(LogRecord(event_name="gen_ai.client.inference.operation.details", attributes=said))
    return rows()[-1]


@pytest.mark.parametrize("told", [with_json, with_numbered, with_events, with_log_records, with_details])
def test_messages_are_the_same_however_they_are_told(library, told):
    row = told(library)
    assert messages(row) == {"input": [USER, CALL, RESULT], "output": [FOUR]}
    assert row["finish_reason"] == "stop"
    attributes = json.loads(row["attributes"] or "{}")
    assert [event["name"] for event in attributes.pop("events", [])] == (["retry"] if told is with_events else [])
    assert attributes == {}
    distinct = traces.query("SELECT count(*) FROM messages").item()
    assert distinct == 4


def test_system_instructions_come_first(library):
    parts = [{"type": "text", "content": "be brief"}]
    row = ended(
        library,
        {"gen_ai.system_instructions": json.dumps(parts), "gen_ai.input.messages": json.dumps([USER])},
    )
    assert messages(row)["input"] == [{"role": "system", "parts": parts}, USER]


def test_parts_of_kinds_that_we_do_not_send_are_kept_as_they_came(library):
    parts = [
        {"type": "uri", "modality": "image", "mime_type": "image/png", "uri": "https://example.org/a.png"},
        {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": "UklGRg=="},
        {"type": "smell", "of": "roses"},
    ]
    row = ended(library, {"gen_ai.input.messages": json.dumps([{"role": "user", "parts": parts}])})
    assert messages(row)["input"] == [{"role": "user", "parts": parts}]


def test_what_is_no_message_stays_an_attribute(library):
    row = ended(library, {"gen_ai.input.messages": '{"half": ', "gen_ai.output.messages": "[1, 2]"})
    assert messages(row) == {
        "input": [{"role": "user", "parts": [{"type": "text", "content": '{"half": '}]}],
        "output": [],
    }
    assert json.loads(row["attributes"]) == {"gen_ai.output.messages": "[1, 2]"}


def test_a_tool_call_has_its_arguments_and_result_as_values(library):
    row = ended(
        library,
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "add",
            "gen_ai.tool.call.id": "c1",
            "gen_ai.tool.call.arguments": '{"a": 1}',
            "gen_ai.tool.call.result": "2",
        },
    )
    assert (row["operation"], row["tool_name"]) == ("execute_tool", "add")
    assert json.loads(row["attributes"]) == {
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.call.arguments": {"a": 1},
        "gen_ai.tool.call.result": "2",
    }


def test_an_interrupt_is_no_error(library):
    with pytest.raises(asyncio.CancelledError), library.start_as_current_span("chat m"):
        raise asyncio.CancelledError
    with pytest.raises(ValueError, match="bad"), library.start_as_current_span("chat m"):
        raise ValueError("bad")
    # OpenTelemetry's SDK leaves an interrupt unmarked; libraries that mark it say its name
    with library.start_as_current_span("chat m") as span:
        span.set_attribute("error.type", "KeyboardInterrupt")
        span.set_status(otel.StatusCode.ERROR, "")
    plain, failed, interrupted = rows()
    assert plain["status"] == "ok"
    assert (failed["status"], failed["error_type"], failed["error_message"]) == (
        "error",
        "ValueError",
        "ValueError: bad",
    )
    assert (interrupted["status"], interrupted["error_type"]) == ("interrupted", "KeyboardInterrupt")


def spans_of(library, *nested, **counts):
    """Spans one inside the other, each with its operation and tokens; the outermost first."""
    (operation, tokens), *inside = nested
    with library.start_as_current_span(operation) as span:
        span.set_attribute("gen_ai.operation.name", operation)
        if inside:
            spans_of(library, *inside)
        if tokens is not None:
            span.set_attribute("gen_ai.usage.input_tokens", tokens)


@pytest.mark.parametrize(
    ("nested", "counted"),
    [
        ([("chat", 7)], {"chat": 7}),
        ([("chat", 7), ("chat", 7)], {"chat": 7, "nested_chat": None}),
        ([("chat", None), ("chat", 7)], {"chat": 7, "nested_chat": None}),  # the outer one takes what it does not know
        ([("chat", None), ("task", None), ("text_completion", 7)], {"chat": 7, "nested_text_completion": None}),
        ([("invoke_agent", 7), ("chat", 7)], {"invoke_agent": None, "chat": 7}),  # an agent's total of its calls
        ([("invoke_agent", 7), ("execute_tool", None)], {"invoke_agent": 7}),  # an agent elsewhere: all we know
        ([("invoke_workflow", 7), ("invoke_agent", 7), ("chat", 7)], {"chat": 7}),
        ([("chat", 7), ("chat", None), ("chat", 7)], {"chat": 7}),
    ],
)
def test_each_token_is_counted_at_one_span(library, nested, counted):
    spans_of(library, *nested)
    assert traces.query("SELECT sum(input_tokens) FROM spans").item() == 7
    found = {row["operation"]: row for row in rows()}
    assert {name: found[name]["input_tokens"] for name in counted} == counted
    for row in rows():
        if row["operation"].startswith("nested_"):
            assert (row["cost_usd"], row["cost_reason"]) == (0.0, "counted with the call around it")
        if row["input_tokens"] is None and row["operation"] not in ("task", "execute_tool"):
            kept = json.loads(row["attributes"] or "{}").get("gen_ai.usage.input_tokens")
            assert kept in (7, None)


TREES = st.deferred(lambda: LEAF | st.tuples(st.sampled_from(["chat", *sorted(WORK), "task"]), st.booleans(), GROWN))
GROWN = st.lists(TREES, min_size=1, max_size=3)
LEAF = st.integers(0, 9)


def tokens_of(tree):
    return tree if isinstance(tree, int) else sum(map(tokens_of, tree[2]))


def requests_of(tree):
    """The total that a span may state: of the calls that are parts of it, not of those that a tool inside it makes."""
    return tree if isinstance(tree, int) else sum(requests_of(one) for one in tree[2] if not is_work(one))


def is_work(tree):
    return not isinstance(tree, int) and tree[0] in WORK


def make(library, tree):
    operation, states, inside = ("chat", True, ()) if isinstance(tree, int) else tree
    with library.start_as_current_span("span", attributes={"gen_ai.operation.name": operation}) as span:
        for one in inside:
            make(library, one)
        if states and (operation == "chat" or operation in WORK):
            total = requests_of(tree) if operation == "chat" else tokens_of(tree)
            span.set_attribute("gen_ai.usage.input_tokens", total)


@given(tree=TREES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sum_over_any_tree_of_spans_is_that_of_its_requests(library, tree):
    """Every span that is no request states nothing, or the right total."""
    with traces.scope(run_id=f"r{next(NUMBERS)}") as inside, traces.meter() as total:
        make(library, tree)
    question = "SELECT coalesce(sum(input_tokens), 0) FROM spans WHERE run_id = $run"
    assert traces.query(question, run=inside.run_id).item() == tokens_of(tree)
    assert (total.usage.input_tokens or 0) == tokens_of(tree)


def test_an_sdks_own_span_beside_its_instrumentors_counts_once(fresh_store, library):
    """The instrumentor's span is not the current one while the SDK makes its own."""
    sdk = fresh_store.tracer.provider.get_tracer("an.sdk")
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    counts = {"gen_ai.usage.input_tokens": 7}
    with traces.span("invoke_agent", "agent"), traces.meter() as total:
        for _ in range(2):
            outer = library.start_span("theirs", attributes=said)
            inner = sdk.start_span("the sdk's", attributes=said)
            inner.set_attributes(counts)
            inner.end()
            outer.set_attributes(counts)
            outer.end()
        alone = sdk.start_span("the sdk's alone", attributes=said)
        alone.set_attributes(counts)
        alone.end()
    assert total.calls == 3
    assert traces.query("SELECT sum(input_tokens) FROM spans").item() == 21
    operations = [row["operation"] for row in rows()[1:]]
    assert operations == ["chat", "nested_chat", "chat", "nested_chat", "chat"]


def test_calls_at_once_of_one_library_are_not_inside_each_other(library):
    said = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 7}
    first, second = library.start_span("a", attributes=said), library.start_span("b", attributes=said)
    first.end()
    second.end()
    assert [row["operation"] for row in rows()] == ["chat", "chat"]


def test_a_stated_cost_goes_before_the_price_table(library):
    said = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5-mini"}
    counts = {"gen_ai.usage.input_tokens": 1_000_000, "gen_ai.usage.output_tokens": 0}
    priced, stated = ended(library, said | counts), ended(library, said | counts | {"gen_ai.usage.cost": 0.5})
    assert priced["cost_usd"] == pytest.approx(0.25)
    assert (stated["cost_usd"], stated["price_version"]) == (0.5, "stated by some.library 1.2")
    strange = ended(library, said | counts | {"gen_ai.request.model": "my-own"})
    assert (strange["cost_usd"], strange["cost_reason"]) == (None, "no price is known for 'my-own' of openai")


def test_our_scope_goes_before_the_librarys_conversation(library):
    with traces.scope(conversation="ours"):
        row = ended(library, {"gen_ai.conversation.id": "theirs"})
    assert row["conversation"] == "ours"
    assert json.loads(row["attributes"]) == {"gen_ai.conversation.id": "theirs"}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "name": "add", "parameters": {"type": "object"}},
        {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}},
        {"name": "add", "input_schema": {"type": "object"}},
    ],
)
def test_tool_definitions_are_spelt_as_ours(library, tool):
    row = ended(library, {"gen_ai.tool.definitions": json.dumps([tool])})
    expected = {"type": "function", "name": "add", "parameters": {"type": "object"}}
    assert json.loads(row["attributes"])["gen_ai.tool.definitions"] == [expected]


def test_chunks_are_counted_and_the_first_one_is_timed(library):
    with library.start_as_current_span("openai.chat") as span:
        for _ in range(5):
            span.add_event("gen_ai.content.completion.chunk")
    (row,) = rows()
    assert 0 < row["time_to_first_chunk_ms"] <= row["duration_ms"] + 1  # two clocks: the chunk's is not monotonic
    assert json.loads(row["attributes"]) == {"workbench.chunks": 5}


def test_links_are_kept(library):
    with library.start_as_current_span("a") as first:
        pass
    context = first.get_span_context()
    row = ended(library, {}, name="b", links=[otel.Link(context)])
    linked = {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
    assert json.loads(row["attributes"]) == {"links": [linked]}
