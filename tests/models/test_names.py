import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.models import model_names, open_model, parse
from workbench.models.providers import HOSTED, LOCAL


@pytest.mark.parametrize(
    ("given_", "provider", "model"),
    [
        ("openai:gpt-5-mini", "openai", "gpt-5-mini"),
        (" anthropic:claude-sonnet-4-6 ", "anthropic", "claude-sonnet-4-6"),
        ("bedrock:amazon.nova-lite-v1:0", "bedrock", "amazon.nova-lite-v1:0"),
        ("gateway/openai:gpt-5-mini", "gateway/openai", "gpt-5-mini"),
        ("claude:claude-sonnet-4-6", "anthropic", "claude-sonnet-4-6"),
        ("pocket", "pocket", ""),
        ("pocket:1m", "pocket", "1m"),
        ("scripted:a: b", "scripted", "a: b"),
        ("jax:runs/a:b", "jax", "runs/a:b"),
    ],
)
def test_a_name_is_a_provider_and_a_model(given_, provider, model):
    assert (parse(given_).provider, parse(given_).model) == (provider, model)


@given(
    provider=st.sampled_from(sorted({*HOSTED, *LOCAL})),
    model=st.from_regex(r"[a-z0-9][a-z0-9:./-]{0,20}", fullmatch=True),
)
def test_a_parsed_name_is_written_as_it_was_read(provider, model):
    assert parse(str(parse(f"{provider}:{model}"))) == parse(f"{provider}:{model}")


@pytest.mark.parametrize(
    ("given_", "hint"),
    [
        ("poket", "pocket"),
        ("openia:gpt-5-mini", "openai:gpt-5-mini"),
        ("gpt-5.6-luna", "openai:gpt-5.6-luna"),
        ("openai", "openai:"),
        ("jax", "jax:checkpoints/my-run"),
        ("recorded:", "recorded:answers.jsonl"),
        ("", "%llm models"),
        ("zzzzzz:9", "%llm models"),
    ],
)
def test_an_unknown_name_fails_with_a_name_to_try(given_, hint):
    with pytest.raises(ModelError) as caught:
        parse(given_)
    assert caught.value.kind == "unknown_model"
    assert hint in caught.value.hint
    assert repr(given_) in caught.value.message


def test_the_names_for_completion_can_all_be_parsed():
    names = model_names()
    assert "pocket" in names
    assert "anthropic:claude-sonnet-4-6" in names
    assert all(parse(name) for name in names if not name.endswith(":"))
    assert len(names) == len(set(names)) > 100


def test_every_provider_of_pydantic_ai_that_answers_questions_is_known():
    from pydantic_ai.providers import infer_provider_class

    for name in HOSTED:
        try:
            infer_provider_class(name.replace("azure-responses", "azure"))
        except ImportError:
            continue  # its SDK is not installed; the name was known
    source = Path(sys.modules["pydantic_ai.models"].__file__).read_text(encoding="utf-8")
    listed = source.partition("OpenAIChatCompatibleProvider = TypeAliasType")[2].partition("],")[0]
    compatible = {word.strip(" ',") for word in listed.splitlines() if word.strip().startswith("'")}
    assert {"deepseek", "ollama", "vllm"} <= compatible - {"OpenAIChatCompatibleProvider"}
    assert compatible - {"OpenAIChatCompatibleProvider"} <= set(HOSTED)


def test_a_missing_checkpoint_folder_is_named(tmp_path):
    with pytest.raises(ModelError, match="no checkpoint folder"):
        open_model(f"jax:{tmp_path / 'none'}")


def test_completion_and_opening_a_double_import_nothing_heavy():
    program = (
        "import sys; from workbench.models import model_names, open_model; model_names(); open_model('scripted:yes');"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"jax", "pydantic", "pydantic_ai", "openai", "anthropic", "polars", "duckdb", "genai_prices", "griffe"}
    assert not heavy & set(done.stdout.split())
