"""Laws of reading foreign spans, whatever they say: nothing fails, and what is not understood stays as it was."""

import json

from hypothesis import given
from hypothesis import strategies as st

from workbench.messages import message_to_json
from workbench.traces.conventions import SPELLINGS
from workbench.traces.encoding import dumps
from workbench.traces.foreign import Event, read
from workbench.traces.row import checked

KNOWN = sorted(
    {name for names in SPELLINGS.values() for name in names}
    | {
        "openinference.span.kind",
        "llm.model_name",
        "llm.provider",
        "llm.system",
        "llm.invocation_parameters",
        "llm.token_count.prompt",
        "llm.token_count.total",
        "llm.input_messages.0.message.role",
        "llm.input_messages.0.message.content",
        "llm.input_messages.0.message.contents.0.message_content.type",
        "llm.output_messages.1.message.tool_calls.0.tool_call.function.arguments",
        "llm.tools.0.tool.json_schema",
        "embedding.embeddings.0.embedding.vector",
        "retrieval.documents.3.document.content",
        "input.value",
        "output.value",
        "metadata",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.definitions",
        "gen_ai.prompt",
        "gen_ai.prompt.0.role",
        "gen_ai.prompt.0.content",
        "gen_ai.completion.0.tool_calls.0.arguments",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.usage.total_tokens",
        "llm.request.type",
        "llm.request.functions.0.name",
        "pydantic_ai.all_messages",
    }
)
EVENTS = ["gen_ai.user.message", "gen_ai.tool.message", "gen_ai.choice", "gen_ai.content.completion.chunk", "exception"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "parts", "type", "text", "id", "name", "arguments", "function"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
SAID = (
    st.text(max_size=8)
    | st.sampled_from(["LLM", "TOOL", "EMBEDDING", "RETRIEVER", "chat", "user", "tool", "7", "text", "image"])
    | st.integers()
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.lists(st.text(max_size=3), max_size=3).map(tuple)
    | st.lists(st.floats(allow_nan=False), max_size=3).map(tuple)
    | JSON.map(json.dumps)
)
SPANS = st.dictionaries(st.sampled_from(KNOWN), SAID, max_size=12)
OTHERS = st.dictionaries(st.text(min_size=1, max_size=6).map(lambda name: f"other.{name}"), SAID, max_size=4)
HAPPENED = st.lists(
    st.builds(
        Event,
        st.sampled_from(EVENTS),
        st.dictionaries(st.sampled_from(["content", "id", "message", "tool_calls"]), SAID),
    ),
    max_size=4,
)


@given(SPANS, OTHERS, HAPPENED)
def test_whatever_a_span_says_can_be_read_and_stored(said, others, happened):
    reading = read(said | others, happened, 0)
    assert {name: reading.attributes[name] for name in others} == others
    for message in [*reading.inputs, *reading.outputs]:
        dumps(message_to_json(message))
    dumps(dict(reading.attributes))
    for column, value in reading.columns.items():
        assert value is not None
        if not isinstance(value, int) or abs(value) < 2**63:
            checked("spans", {column: value})


@given(SPANS)
def test_reading_what_was_left_finds_no_more_columns(said):
    first = read(said)
    again = read({name: value for name, value in first.attributes.items() if not isinstance(value, list | dict)})
    assert not {name for name in again.columns if name.endswith("_tokens")} - set(first.columns)
