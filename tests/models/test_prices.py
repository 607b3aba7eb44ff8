import time
import timeit
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.messages import Usage
from workbench.models import Price, cost_usd
from workbench.models.providers import HOSTED


def ours_and_theirs(provider, model, counts):
    """A price by our rates and by the library itself."""
    from genai_prices import Usage as TheirUsage
    from genai_prices import calc_price

    plain, read, written, output = counts
    usage = Usage(plain + read + written, output, cache_read_tokens=read, cache_write_tokens=written)
    theirs = calc_price(
        TheirUsage(
            input_tokens=plain + read + written,
            cache_read_tokens=read,
            cache_write_tokens=written,
            output_tokens=output,
        ),
        model,
        provider_id=HOSTED[provider].prices,
        genai_request_timestamp=datetime.fromtimestamp(time.time() // 3600 * 3600, UTC),
    )
    return cost_usd(f"{provider}:{model}", usage), float(theirs.total_price)


def found(provider_id, model_id):
    from genai_prices.data_snapshot import get_snapshot

    try:
        return get_snapshot().find_provider_model(model_id, None, provider_id, None)[1]
    except LookupError:
        return None


@given(
    model=st.sampled_from(
        [
            ("openai", "gpt-5-mini"),
            ("openai", "gpt-4o"),
            ("openai-chat", "gpt-5"),
            ("anthropic", "claude-sonnet-4-6"),
            ("anthropic", "claude-haiku-4-5"),
            ("google", "gemini-2.5-pro"),
            ("google", "gemini-2.5-flash"),
            ("deepseek", "deepseek-chat"),
            ("groq", "llama-3.3-70b-versatile"),
            ("xai", "grok-4"),
            ("mistral", "mistral-large-latest"),
        ]
    ),
    counts=st.tuples(*[st.integers(0, 600_000)] * 4),
)
@settings(deadline=None)
def test_a_cost_is_that_of_the_price_table_itself(model, counts):
    ours, theirs = ours_and_theirs(*model, counts)
    assert ours.usd == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    assert ours.reason is None


def test_every_model_of_the_table_that_is_priced_by_tokens_alone_costs_the_same_by_our_rates():
    from genai_prices.data_snapshot import get_snapshot

    by_tokens = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "requests_kcount"}
    now = datetime.fromtimestamp(time.time() // 3600 * 3600, UTC)
    names = {provider.prices: name for name, provider in HOSTED.items() if provider.prices}
    checked = 0
    for provider in get_snapshot().providers:
        if provider.id not in names:
            continue
        for model in provider.models:
            price = model.get_prices(now)
            keys = {key for key, value in vars(price).items() if value is not None and not key.startswith("_")}
            if not {"input_mtok", "output_mtok"} <= keys <= by_tokens:
                continue
            if found(provider.id, model.id) is not model:
                continue  # another entry answers to its name, or none
            for counts in ((1000, 0, 0, 10), (1000, 500, 200, 10), (300_000, 300_000, 50_000, 9)):
                ours, theirs = ours_and_theirs(names[provider.id], model.id, counts)
                assert ours.usd == pytest.approx(theirs, rel=1e-9, abs=1e-12), (provider.id, model.id, counts)
            checked += 1
    assert checked > 300


def test_cached_tokens_are_priced_as_cached_and_written_ones_as_written():
    plain = cost_usd("anthropic:claude-sonnet-4-6", Usage(1000, 0)).usd
    read = cost_usd("anthropic:claude-sonnet-4-6", Usage(1000, 0, cache_read_tokens=1000)).usd
    written = cost_usd("anthropic:claude-sonnet-4-6", Usage(1000, 0, cache_write_tokens=1000)).usd
    assert read == pytest.approx(plain * 0.1)
    assert written == pytest.approx(plain * 1.25)


@pytest.mark.parametrize(
    ("model", "usage", "reason"),
    [
        ("openai:my-own", Usage(1, 1), "no price is known for 'my-own' of openai"),
        ("ollama:llama3", Usage(1, 1), "no prices are known for ollama"),
        ("nowhere:x", Usage(1, 1), "no prices are known for nowhere"),
        ("openai:gpt-5-mini", Usage(None, 1), "the number of input tokens is not known"),
        ("openai:gpt-5-mini", Usage(1, None), "the number of output tokens is not known"),
        ("recorded:a.jsonl", Usage(1, 1), "a recorded answer; its cost was not recorded"),
    ],
)
def test_an_unknown_price_is_none_with_its_reason_and_not_zero(model, usage, reason):
    price = cost_usd(model, usage)
    assert (price.usd, price.reason) == (None, reason)
    assert price.version


@pytest.mark.parametrize("model", ["pocket", "pocket:1m", "scripted", "jax:runs/a"])
def test_what_answers_here_costs_nothing(model):
    assert cost_usd(model, Usage(5, 5)) == Price(0.0, None, "local")


def test_the_version_names_the_package():
    assert cost_usd("openai:gpt-5-mini", Usage(1, 1)).version.startswith("genai-prices 0.")


def test_a_second_price_of_a_model_is_quick():
    usage = Usage(1000, 100, 500)
    cost_usd("openai:gpt-5-mini", usage)
    seconds = min(timeit.repeat(lambda: cost_usd("openai:gpt-5-mini", usage), number=100, repeat=20))
    assert seconds / 100 < 50e-6  # 5 us each when idle; the table itself takes 300
