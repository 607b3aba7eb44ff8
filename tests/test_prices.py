import timeit
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.messages import Usage
from workbench.models.providers import HOSTED, LOCAL
from workbench.prices import PRICED, UNPRICED, Price, cost_usd


def ours_and_theirs(provider, model, counts, at):
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
        provider_id=PRICED[provider],
        genai_request_timestamp=at,
    )
    return cost_usd(f"{provider}:{model}", usage, at), float(theirs.total_price)


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
            ("gcp.gemini", "gemini-2.5-pro"),
            ("google", "gemini-2.5-flash"),
            ("deepseek", "deepseek-chat"),
            ("deepseek", "deepseek-v4-flash"),
            ("groq", "llama-3.3-70b-versatile"),
            ("x_ai", "grok-4"),
            ("mistral", "mistral-large-latest"),
        ]
    ),
    counts=st.tuples(*[st.integers(0, 600_000)] * 4),
    at=st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
)
@settings(deadline=None)
def test_a_cost_is_that_of_the_price_table_itself_at_any_moment(model, counts, at):
    ours, theirs = ours_and_theirs(*model, counts, at)
    assert ours.usd == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    assert ours.reason is None


def priced_by_tokens(providers):
    """Every model of these providers, by the name that finds it, that our counts can price."""
    from genai_prices.data_snapshot import get_snapshot

    by_tokens = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "requests_kcount"}
    for provider in get_snapshot().providers:
        for model in provider.models if provider.id in providers else ():
            every = [one.prices for one in model.prices] if isinstance(model.prices, list) else [model.prices]
            keys = [{key for key, value in vars(price).items() if value is not None} for price in every]
            if all({"input_mtok", "output_mtok"} <= some <= by_tokens for some in keys) and (
                found(provider.id, model.id) is model  # else another entry answers to its name, or none
            ):
                yield provider.id, model


def test_every_model_of_the_table_that_is_priced_by_tokens_alone_costs_the_same_by_our_rates():
    now = datetime.now(UTC)
    names = {table: name for name, table in PRICED.items()}
    checked = 0
    for table, model in priced_by_tokens(set(names)):
        for counts in ((1000, 0, 0, 10), (1000, 500, 200, 10), (300_000, 300_000, 50_000, 9)):
            ours, theirs = ours_and_theirs(names[table], model.id, counts, now)
            assert ours.usd == pytest.approx(theirs, rel=1e-9, abs=1e-12), (table, model.id, counts)
        checked += 1
    assert checked > 300


def test_a_price_that_changed_on_a_day_costs_the_old_before_and_the_new_from_that_day_on():
    names = {table: name for name, table in PRICED.items()}
    changed = 0
    for table, model in priced_by_tokens(set(names)):
        days = (
            [getattr(one.constraint, "start_date", None) for one in model.prices]
            if isinstance(model.prices, list)
            else []
        )
        for day in filter(None, days):
            midnight = datetime.combine(day, datetime.min.time(), UTC)
            costs = set()
            for at in (midnight - timedelta(seconds=1), midnight):
                ours, theirs = ours_and_theirs(names[table], model.id, (1000, 0, 0, 100), at)
                assert ours.usd == pytest.approx(theirs, rel=1e-9, abs=1e-12), (table, model.id, at)
                costs.add(ours.usd)
            changed += len(costs) == 2
    assert changed > 5


def test_two_dates_give_two_costs_of_the_same_call():
    call = Usage(1_000_000, 0)
    assert cost_usd("openai:o3", call, datetime(2025, 6, 1)).usd == 10.0
    assert cost_usd("openai:o3", call, datetime(2025, 7, 1, tzinfo=UTC)).usd == 2.0


def test_a_moment_without_a_zone_is_utc_and_no_moment_is_now():
    in_tokyo = datetime(2026, 9, 10, 8, 59, tzinfo=timezone(timedelta(hours=9)))
    same = in_tokyo.astimezone(UTC).replace(tzinfo=None)
    usage = Usage(1_000_000, 1_000)
    assert cost_usd("deepseek:deepseek-v4-flash", usage, in_tokyo) == cost_usd(
        "deepseek:deepseek-v4-flash", usage, same
    )
    assert cost_usd("openai:gpt-4o", usage) == cost_usd("openai:gpt-4o", usage, datetime.now(UTC))


@pytest.mark.parametrize(
    ("model", "ours", "theirs"),
    [
        (
            "openai:gpt-realtime",
            Usage(9_000, 500, input_audio_tokens=6_000, input_image_tokens=1_000, output_audio_tokens=400),
            {"input_tokens": 9_000, "output_tokens": 500, "input_audio_tokens": 6_000, "input_image_tokens": 1_000}
            | {"output_audio_tokens": 400},
        ),
        (
            "google:gemini-2.5-flash-image",
            Usage(100, 1_300, output_image_tokens=1_290),
            {"input_tokens": 100, "output_tokens": 1_300, "output_image_tokens": 1_290},
        ),
        ("openai:gpt-4o", Usage(900, 5, input_image_tokens=800), {"input_tokens": 900, "output_tokens": 5}),
        (
            "perplexity:sonar-deep-research",
            Usage(100, 900, reasoning_tokens=800),
            {"input_tokens": 100, "output_tokens": 900, "output_reasoning_tokens": 800},
        ),
    ],
)
def test_parts_of_their_own_price_are_priced_as_such_and_others_as_the_whole(model, ours, theirs):
    from genai_prices import Usage as TheirUsage
    from genai_prices import calc_price

    provider, _, name = model.partition(":")
    expected = calc_price(TheirUsage(**theirs), name, provider_id=PRICED[provider]).total_price
    assert cost_usd(model, ours).usd == pytest.approx(float(expected), rel=1e-9)


def test_cached_audio_of_unknown_share_makes_the_cost_unknown():
    price = cost_usd("openai:gpt-realtime", Usage(9_000, 0, cache_read_tokens=5_000, input_audio_tokens=6_000))
    assert price.usd is None
    assert "from the cache" in price.reason


def test_a_model_without_output_is_priced_by_its_input_alone():
    assert cost_usd("openai:text-embedding-3-small", Usage(1_000_000)).usd == pytest.approx(0.02)
    assert cost_usd("openai:text-embedding-3-small", Usage(1_000_000, 0)).usd == pytest.approx(0.02)
    assert cost_usd("openai:text-embedding-3-small", Usage(1_000_000, 5)).usd is None


def test_every_provider_that_can_be_asked_is_priced_under_both_its_names_or_under_none():
    from genai_prices.data_snapshot import get_snapshot

    assert set(UNPRICED) == set(LOCAL)
    assert {PRICED.get(name) for name in HOSTED} <= {provider.id for provider in get_snapshot().providers} | {None}
    for provider in HOSTED.values():
        assert PRICED.get(provider.name) == PRICED.get(provider.convention), provider.name


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
