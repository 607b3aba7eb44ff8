"""Laws of the list of traces: every trace once, newest first, whatever the size of a page."""

import datetime
import random

import pytest

from workbench import traces
from workbench.errors import OptionError
from workbench.traces.questions import listing, sessions, traces_page


def pages(limit, **filters):
    rows, after = [], None
    while True:
        page = traces_page(limit=limit, after=after, **filters)
        rows += page.rows.rows(named=True)
        after = page.cursor
        if after is None:
            return rows


def test_a_trace_is_one_row_with_its_worst_status_and_first_words(react):
    [row] = traces_page().rows.rows(named=True)
    assert row["trace_id"] == react.trace_id
    assert (row["name"], row["notebook"], row["cell_id"], row["method"]) == (
        "invoke_agent react",
        "sums.ipynb",
        "c7",
        "react",
    )
    assert (row["status"], row["worst_status"], row["errors"]) == ("ok", "error", 1)
    assert (row["spans"], row["calls"], row["models"]) == (6, 3, ["gpt-5-mini"])
    assert (row["input_tokens"], row["output_tokens"]) == (300, 60)
    assert (row["known_cost_usd"], row["cost_unknown"], row["cost_usd"]) == (0.02, 1, None)
    assert (row["question"], row["answer"]) == ("What is (2 + 3) times 7?", "It is thirty-five.")
    assert row["duration_ms"] > 0
    assert traces_page().cursor is None


def some(count):
    for number in range(count):
        with traces.span("invoke_agent", f"agent {number}"), traces.span("chat", "chat m") as call:
            call.set(model="odd" if number % 2 else "even")


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_joined_are_the_whole_list_newest_first(fresh_store, limit):
    some(7)
    assert [row["name"] for row in pages(limit)] == [f"agent {number}" for number in reversed(range(7))]


def test_words_are_found_wherever_they_are_stored(react, monkeypatch):
    some(3)
    expected = traces_page().rows.select("trace_id", "question", "answer")
    monkeypatch.setattr(listing, "_END", "rowid >= (SELECT max(rowid) FROM {table})")
    assert traces_page().rows.select("trace_id", "question", "answer").equals(expected)
    assert expected["answer"].to_list() == [None, None, None, "It is thirty-five."]


def test_a_page_stays_as_it_is_when_newer_traces_come(fresh_store):
    some(4)
    first = traces_page(limit=2)
    some(2)
    assert traces_page(limit=2, after=first.cursor).rows["name"].to_list() == ["agent 1", "agent 0"]


def test_filters_are_met_by_any_span_of_the_trace(fresh_store):
    some(6)
    assert [row["name"] for row in pages(2, model="odd")] == ["agent 5", "agent 3", "agent 1"]
    assert len(pages(2, model=["odd", "even"])) == 6
    assert pages(2, model="none") == []
    assert pages(2, model="odd", operation="invoke_agent") == []


def test_since_and_until_are_about_the_traces_start(fresh_store):
    some(3)
    middle = traces_page().rows["started_at"][1]
    assert [row["name"] for row in pages(10, since=middle)] == ["agent 2", "agent 1"]
    assert [row["name"] for row in pages(10, until=middle)] == ["agent 0"]
    assert pages(10, until=datetime.date(2020, 1, 1)) == []


def test_a_trace_whose_root_is_not_stored_is_listed_by_its_first_span(fresh_store, monkeypatch):
    some(2)
    monkeypatch.setenv("TRACEPARENT", "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01")
    from workbench.traces.store import Store

    other = Store(fresh_store.path)
    for number in range(2):
        other.tracer.start("chat", f"part {number}", None).end()
    other.close()
    some(1)
    listed = pages(1)
    assert [row["name"] for row in listed] == ["agent 0", "part 0", "agent 1", "agent 0"]
    assert [row["is_rootless"] for row in listed] == [False, True, False, False]
    assert listed[1]["spans"] == 2


def test_traces_of_the_same_instant_are_each_listed_once(fresh_store):
    draw = random.Random(1)
    for number in range(20):
        fresh_store.append(
            {
                "start": {
                    "span_id": f"{number:016x}",
                    "trace_id": f"{draw.getrandbits(128):032x}",
                    "name": "x",
                    "operation": "chat",
                    "status": "running",
                    "started_at": "2026-11-21 05:00:00.000000",
                    "session": fresh_store.journal.session,
                }
            }
        )
    listed = [row["trace_id"] for row in pages(3)]
    assert len(listed) == len(set(listed)) == 20
    assert listed == sorted(listed, reverse=True)


def test_a_wrong_cursor_filter_or_limit_is_said(fresh_store):
    with pytest.raises(OptionError, match="no cursor"):
        traces_page(after="yesterday")
    with pytest.raises(OptionError, match=r"(?s)'modle'.*Did you mean 'model'"):
        traces_page(modle="x")
    with pytest.raises(OptionError, match="limit=0"):
        traces_page(limit=0)


def test_an_empty_store_has_an_empty_page(fresh_store):
    page = traces_page()
    assert (page.rows.height, page.cursor) == (0, None)
    assert "answer" in page.rows.columns


def test_a_session_is_one_row_that_says_whether_its_process_lives(react):
    page = sessions()
    [row] = page.rows.rows(named=True)
    assert (row["traces"], row["spans"], row["calls"], row["errors"], row["running"]) == (1, 6, 3, 1, 0)
    assert row["notebooks"] == ["sums.ipynb"]
    assert (row["known_cost_usd"], row["cost_unknown"], row["cost_usd"]) == (0.02, 1, None)
    assert row["is_alive"] is True
    assert page.cursor is None
    traces.store().close()
    assert sessions().rows["is_alive"].to_list() == [False]
