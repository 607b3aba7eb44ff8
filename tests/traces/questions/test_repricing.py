"""Laws of repricing: the same usage at another day's prices, the unknown unknown, the store untouched."""

from datetime import UTC, date, datetime

import pytest

from workbench import traces
from workbench.messages import Usage, user
from workbench.models import Request, ScriptedModel
from workbench.models.traced import Traced
from workbench.prices import cost_usd


def o3(**columns):
    with traces.span("chat", "chat o3") as span:
        span.set(model="o3", provider="openai", input_tokens=1_000_000, output_tokens=0)
        span.set(**{"cost_usd": 10.0, "price_version": "stored", **columns})


def test_a_call_costs_what_its_usage_cost_on_that_day(fresh_store):
    o3()
    before, after = traces.reprice(date(2025, 6, 1)), traces.reprice(datetime(2025, 7, 1, tzinfo=UTC))
    assert before.calls["repriced_usd"].to_list() == [10.0]
    assert after.calls["repriced_usd"].to_list() == [2.0]
    assert after.calls["cost_usd"].to_list() == [10.0]
    assert after.calls["price_version"][0].startswith("genai-prices")
    assert after.totals.rows(named=True) == [
        {
            "model": "o3",
            "calls": 1,
            "cost_usd": 10.0,
            "repriced_usd": 2.0,
            "both_usd_before": 10.0,
            "both_usd_after": 2.0,
            "unknown_before": 0,
            "unknown_after": 0,
        }
    ]
    assert traces.query("SELECT cost_usd FROM spans")["cost_usd"].item() == 10.0


def test_an_unknown_price_stays_unknown_with_its_reason(fresh_store):
    o3(model="mine", cost_usd=None)
    o3(input_tokens=None)
    found = traces.reprice(date(2026, 1, 1)).calls
    assert found["repriced_usd"].to_list() == [None, None]
    assert found["reason"].to_list() == [
        "no price is known for 'mine' of openai",
        "the number of input tokens is not known",
    ]


async def test_a_call_of_a_traced_model_keeps_its_cost_at_its_own_time(fresh_store):
    await Traced(ScriptedModel("yes")).reply(Request((user("really?"),)))
    [row] = traces.reprice().calls.rows(named=True)
    assert (row["cost_usd"], row["repriced_usd"], row["reason"]) == (0.0, 0.0, None)


def test_a_call_that_was_never_sent_stays_free(fresh_store):
    o3(input_tokens=None, output_tokens=None, cost_usd=0.0, cost_reason="refused, or never sent")
    [row] = traces.reprice(date(2026, 1, 1)).calls.rows(named=True)
    assert (row["repriced_usd"], row["reason"]) == (0.0, "refused, or never sent")


def test_parts_are_priced_as_the_table_prices_them(fresh_store):
    o3(model="gpt-realtime", input_tokens=9000, output_tokens=500, input_audio_tokens=6000, output_audio_tokens=400)
    at = datetime(2026, 11, 1)
    usage = Usage(9000, 500, input_audio_tokens=6000, output_audio_tokens=400)
    [repriced] = traces.reprice(at).calls["repriced_usd"]
    assert repriced == pytest.approx(cost_usd("openai:gpt-realtime", usage, at).usd)


def test_an_alias_is_priced_by_the_model_that_answered(fresh_store):
    o3(model="my-deployment", response_model="o3")
    assert traces.reprice(date(2025, 6, 1)).calls["repriced_usd"].to_list() == [10.0]


def test_filters_choose_the_calls(fresh_store):
    o3()
    o3(model="gpt-4o")
    assert traces.reprice(date(2026, 1, 1), model="gpt-4o").totals["model"].to_list() == ["gpt-4o"]
