"""Laws of the OpenInference dialect: kinds are operations, flat lists are values, raw copies are left out."""

import json

import pytest

from workbench import traces
from workbench.messages import ToolCall, assistant
from workbench.traces.foreign import read


@pytest.fixture
def library(fresh_store):
    return fresh_store.tracer.provider.get_tracer("openinference.instrumentation.some", "0.1")


def ended(library, attributes):
    with library.start_as_current_span("span") as span:
        span.set_attributes(attributes)
    row = traces.query("SELECT * FROM spans WHERE span_id = $id", id=f"{span.get_span_context().span_id:016x}")
    return row.to_dicts()[0], json.loads(row["attributes"].item() or "{}")


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        ("LLM", "chat"),
        ("TOOL", "execute_tool"),
        ("AGENT", "invoke_agent"),
        ("RETRIEVER", "retrieval"),
        ("EMBEDDING", "embeddings"),
        ("CHAIN", "chain"),
        ("RERANKER", "reranker"),
        ("GUARDRAIL", "guardrail"),
        ("EVALUATOR", "evaluator"),
    ],
)
def test_a_span_kind_is_an_operation(library, kind, operation):
    assert ended(library, {"openinference.span.kind": kind})[0]["operation"] == operation


def test_every_count_has_its_column(library):
    row, left = ended(
        library,
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "claude-sonnet-4-6",
            "llm.provider": "anthropic",
            "llm.system": "anthropic",
            "session.id": "kitchen",
            "llm.finish_reason": "end_turn",
            "llm.token_count.prompt": 100,
            "llm.token_count.completion": 20,
            "llm.token_count.total": 120,
            "llm.token_count.prompt_details.cache_read": 30,
            "llm.token_count.prompt_details.cache_write": 10,
            "llm.token_count.prompt_details.audio": 4,
            "llm.token_count.completion_details.reasoning": 5,
            "llm.token_count.completion_details.audio": 2,
            "llm.cost.total": 0.125,
        },
    )
    expected = {
        "model": "claude-sonnet-4-6",
        "response_model": None,
        "provider": "anthropic",
        "conversation": "kitchen",
        "finish_reason": "stop",
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read_tokens": 30,
        "cache_write_tokens": 10,
        "input_audio_tokens": 4,
        "reasoning_tokens": 5,
        "output_audio_tokens": 2,
        "cost_usd": 0.125,
        "price_version": "stated by openinference.instrumentation.some 0.1",
    }
    assert {name: row[name] for name in expected} == expected
    assert left == {}


@pytest.mark.parametrize(
    ("provider", "system", "named"),
    [
        ("azure", "openai", "azure.ai.openai"),
        ("google", "vertexai", "gcp.vertex_ai"),
        (None, "mistralai", "mistral_ai"),
        ("aws", "anthropic", "aws.bedrock"),
        ("xai", None, "x_ai"),
        ("together", None, "together"),
    ],
)
def test_providers_bear_the_conventions_names(provider, system, named):
    said = {"openinference.span.kind": "LLM", "llm.provider": provider, "llm.system": system}
    assert read({name: value for name, value in said.items() if value}).columns["provider"] == named


def test_a_tool_span_is_like_one_of_ours(library):
    row, left = ended(
        library,
        {
            "openinference.span.kind": "TOOL",
            "tool.name": "add",
            "tool.id": "c1",
            "tool.description": "adds",
            "input.value": '{"a": 1, "b": 2}',
            "input.mime_type": "application/json",
            "output.value": "3",
        },
    )
    assert (row["operation"], row["tool_name"]) == ("execute_tool", "add")
    assert left == {
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.description": "adds",
        "gen_ai.tool.call.arguments": {"a": 1, "b": 2},
        "gen_ai.tool.call.result": "3",
    }


def test_documents_are_a_list(library):
    _, left = ended(
        library,
        {
            "openinference.span.kind": "RETRIEVER",
            "input.value": "roses",
            "retrieval.documents.1.document.content": "blue",
            "retrieval.documents.0.document.content": "red",
            "retrieval.documents.0.document.score": 0.5,
            "retrieval.documents.0.document.metadata": '{"page": 3}',
            "output.value": '{"documents": ["red", "blue"]}',
            "output.mime_type": "application/json",
        },
    )
    assert left == {
        "gen_ai.retrieval.query.text": "roses",
        "gen_ai.retrieval.documents": [{"content": "red", "score": 0.5, "metadata": {"page": 3}}, {"content": "blue"}],
    }


def test_a_chains_input_and_output_stay(library):
    said = {"input.value": '{"question": "2+2?"}', "input.mime_type": "application/json", "output.value": "four"}
    _, left = ended(library, said | {"openinference.span.kind": "CHAIN", "metadata": '{"a": 1}', "user.id": "u"})
    assert left == said | {"metadata": {"a": 1}, "user.id": "u"}


def test_reasoning_keeps_its_seal(library):
    reading = read(
        {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.contents.0.message_content.type": "reasoning",
            "llm.output_messages.0.message.contents.0.message_content.text": "hm",
            "llm.output_messages.0.message.contents.0.message_content.signature": "seal",
            "llm.output_messages.0.message.contents.1.message_content.type": "audio",
            "llm.output_messages.0.message.contents.1.message_content.audio.audio.url": "https://example.org/a.wav",
        }
    )
    thought, sound = reading.outputs[0].parts
    assert (thought.content, thought.signature) == ("hm", "seal")
    assert sound.body == {"type": "audio", "audio.audio.url": "https://example.org/a.wav"}


def test_a_tool_call_that_is_told_twice_is_kept_once():
    content, call = "llm.output_messages.0.message.contents", "llm.output_messages.0.message.tool_calls.0.tool_call"
    reading = read(
        {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.role": "assistant",
            f"{content}.0.message_content.type": "text",
            f"{content}.0.message_content.text": "adding",
            f"{content}.1.message_content.type": "tool_use",
            f"{content}.1.tool_call.id": "t1",
            f"{content}.1.tool_call.function.name": "add",
            f"{content}.1.tool_call.function.arguments": '{"a": 1}',
            f"{call}.id": "t1",
            f"{call}.function.name": "add",
            f"{call}.function.arguments": '{"a": 1}',
        }
    )
    assert reading.outputs == [assistant("adding", ToolCall("t1", "add", {"a": 1}))]


def test_words_that_look_like_json_stay_words():
    reading = read(
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": '[{"type": "text", "text": "a"}]',
        }
    )
    assert reading.inputs[0].text == '[{"type": "text", "text": "a"}]'


def test_a_span_that_speaks_both_dialects_is_read_once(provider, client, monkeypatch):
    monkeypatch.setenv("OPENINFERENCE_ENABLE_GENAI_SEMCONV", "true")
    provider.says("four")
    with traces.capture("openinference-instrumentation-openai"):
        client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "2+2?"}])
    row = traces.query("SELECT * FROM spans").to_dicts()[0]
    assert (row["model"], row["input_tokens"], row["cache_read_tokens"]) == ("gpt-5-mini", 2000, 1500)
    assert row["provider"] == "openai"
    assert traces.query("SELECT count(*) FROM span_messages").item() == 2
    assert "2+2?" not in (row["attributes"] or "")
