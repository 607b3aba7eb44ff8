"""Laws of usage, outliers and errors: sums are of what is known, and what is unknown is counted."""

import datetime

import pytest

from workbench import traces
from workbench.errors import OptionError
from workbench.traces.conventions import CALLS
from workbench.traces.questions import errors, outliers, usage
from workbench.traces.questions.failures import kind_of
from workbench.traces.questions.filters import filled


def test_calls_are_summed_by_model_and_day_with_the_unknown_counted(react):
    [row] = usage(by=["model"], bucket="day").rows(named=True)
    today = datetime.datetime.now(datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    assert today - row["time"] <= datetime.timedelta(days=1)
    assert (row["model"], row["calls"], row["errors"]) == ("gpt-5-mini", 3, 0)
    assert (row["input_tokens"], row["output_tokens"], row["reasoning_tokens"]) == (300, 60, None)
    assert (row["known_cost_usd"], row["cost_unknown"], row["cost_usd"]) == (0.02, 1, None)
    assert 0 < row["p50_ms"] <= row["p95_ms"]
    assert row["p50_first_chunk_ms"] is None
    assert row["tokens_per_second"] > 0


def test_without_times_the_rest_is_the_same(react):
    whole = usage(by=["model"], bucket="day")
    part = usage(by=["model"], bucket="day", times=False)
    assert part.equals(whole.select(part.columns))
    assert set(whole.columns) - set(part.columns) == {
        *("p50_ms", "p95_ms", "p50_first_chunk_ms", "p95_first_chunk_ms", "tokens_per_second")
    }


def test_groups_add_up_to_the_whole(react):
    whole = usage(by=[]).row(0, named=True)
    parts = usage(by=["name", "status", "conversation"], bucket="minute")
    assert parts["calls"].sum() == whole["calls"] == 3
    assert parts["known_cost_usd"].sum() == pytest.approx(whole["known_cost_usd"])
    assert usage(by=["method"], method="react")["method"].to_list() == ["react"]
    assert usage(by=["method"], method="other").height == 0


@pytest.mark.parametrize("bucket", ["minute", "hour", "day", "week", "month"])
def test_a_call_is_in_the_bucket_that_began_before_it(react, bucket):
    started = traces.query("SELECT min(started_at) AS at FROM spans")["at"].item()
    assert usage(bucket=bucket)["time"].min() <= started


def test_a_column_or_bucket_that_there_is_not_is_said(fresh_store):
    with pytest.raises(OptionError, match=r"(?s)'modell'.*Did you mean 'model'"):
        usage(by=["modell"])
    with pytest.raises(OptionError, match="bucket='year'"):
        usage(bucket="year")


def test_a_call_is_what_the_conventions_say():
    assert all(f"'{name}'" in filled("{is_call}") for name in CALLS)


def call(duration, name="chat m", model="m"):
    with traces.span("chat", name) as span:
        span.set(model=model, output_tokens=duration)


def test_a_span_far_from_its_group_is_an_outlier_and_a_small_group_is_not_judged(fresh_store):
    for tokens in [*range(95, 106)] * 2 + [400]:
        call(tokens)
    call(900, name="chat rare", model="rare")
    found = outliers(measure="output_tokens")
    assert found.spans["value"].to_list() == [400.0]
    row = found.spans.row(0, named=True)
    assert (row["n"], row["median"]) == (23, 100.0)
    assert row["z"] == pytest.approx(300 / (1.482602218505602 * 3))
    reasons = dict(found.groups.select("name", "reason").iter_rows())
    assert reasons == {"chat m": None, "chat rare": "too few"}


def test_a_group_of_equals_is_scaled_by_its_mean_deviation_or_not_judged(fresh_store):
    for _ in range(20):
        call(50)
        call(50, name="chat same")
    call(80)
    found = outliers(measure="output_tokens")
    scaled = dict(found.groups.select("name", "scaled_by").iter_rows())
    assert scaled == {"chat m": "mean", "chat same": None}
    assert found.spans["value"].to_list() == [80.0]
    assert dict(found.groups.select("name", "reason").iter_rows())["chat same"] == "all the same"
    with pytest.raises(OptionError, match="measure='speed'"):
        outliers(measure="speed")


def broken(number):
    with traces.span("invoke_agent", "agent"), traces.span("execute_tool", "t") as span:
        span.set(tool_name="t")
        raise ValueError(f"row {number} of 'file{number}.csv' is empty")


def test_errors_are_counted_where_they_arose_and_their_numbers_are_taken_out(fresh_store):
    for number in range(3):
        with pytest.raises(ValueError, match="is empty"):
            broken(number)
    [row] = errors().rows(named=True)
    assert (row["kind"], row["error_type"], row["spans"], row["traces"]) == ("tool_error", "ValueError", 3, 3)
    assert row["template"] == "row <n> of <text> is empty"
    assert row["example"] == "row 2 of 'file2.csv' is empty"
    assert row["first_at"] < row["last_at"]


def test_attempts_that_failed_before_a_success_are_errors_that_were_recovered(fresh_store):
    with traces.span("chat", "chat m") as span:
        span.set(model="m")
        span.attempt(status_code=429, error_type="rate_limit", error_message="retry in 20 s")
        span.attempt(status_code=200)
    [row] = errors().rows(named=True)
    assert (row["kind"], row["status_code"]) == ("rate_limited", 429)
    assert (row["spans"], row["attempts"], row["recovered"]) == (0, 1, 1)


def test_interruptions_and_filtered_answers_have_kinds_of_their_own(fresh_store):
    with pytest.raises(KeyboardInterrupt), traces.span("chat", "stopped"):
        raise KeyboardInterrupt
    with traces.span("chat", "filtered") as span:
        span.set(finish_reason="content_filter")
    assert set(errors()["kind"]) == {"interrupted", "content_filter"}
    assert errors(status="ok")["kind"].to_list() == ["content_filter"]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("timeout", {"error_type": "timeout", "example": "after 30 s"}),
        ("timeout", {"error_type": "APITimeoutError"}),
        ("server", {"error_type": "server", "status_code": 503}),
        ("authentication", {"error_type": "missing_key"}),
        ("unknown_model", {"error_type": "NotFoundError", "example": "The model gpt-9 does not exist"}),
        ("context_length", {"error_type": "BadStuff", "example": "maximum context length is 8192 tokens"}),
        ("bad_request", {"error_type": "request"}),
        ("connection", {"error_type": "connection"}),
        ("bad_response", {"error_type": "response"}),
        ("other", {"error_type": "ZeroDivisionError", "example": "division by zero"}),
    ],
)
def test_an_error_is_of_the_kind_that_it_names_first(kind, row):
    assert kind_of(row) == kind
