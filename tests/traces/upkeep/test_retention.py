"""Laws of retention: whole traces go, the oldest first, and what others need stays."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench import traces
from workbench.errors import OptionError
from workbench.messages import assistant, user
from workbench.traces.store import Store
from workbench.traces.upkeep import Retention, check, prune


def trace_ids(store):
    found = store.query("SELECT trace_id FROM spans GROUP BY 1 ORDER BY max(ended_at), trace_id")
    return found["trace_id"].to_list()


def test_the_newest_stay_whole(written):
    before = trace_ids(written)
    said = written.query("FROM span_messages ORDER BY ALL")
    done = prune(written, Retention(keep=5, judged_too=True))
    assert trace_ids(written) == before[-5:]
    assert (done.traces, done.spans) == (7, 14)
    left = written.query("FROM span_messages ORDER BY ALL")
    assert left.equals(said.filter(said["span_id"].is_in(left["span_id"].implode())))
    assert left.height > 0
    assert check(written).is_well


def test_what_was_pruned_does_not_come_back_when_the_store_is_rebuilt(written, rows, rebuilt):
    written.close()
    written.fold()
    prune(written, Retention(keep=5, judged_too=True))
    left, spans = rows(written), written.query("SELECT * EXCLUDE (context_id) FROM spans ORDER BY span_id")
    again = rebuilt(written)
    assert written.query("SELECT * EXCLUDE (context_id) FROM spans ORDER BY span_id").equals(spans)
    assert again == left | {"spans": again["spans"]}
    assert check(written).is_well


def test_messages_that_nobody_needs_go_too(fresh_store):
    for number in range(4):
        with traces.span("chat", "chat") as span:
            span.input_messages([user("shared"), user(f"own {number}")])
            span.output_messages([assistant(f"said {number}")])
    prune(fresh_store, Retention(keep=1))
    texts = fresh_store.query("SELECT text FROM message_bodies ORDER BY text")["text"].to_list()
    assert texts == ["own 3", "said 3", "shared"]


def test_a_trace_that_somebody_judged_stays_unless_these_go_too(written):
    judged = written.query("SELECT spans.trace_id FROM spans JOIN feedback USING (span_id)")["trace_id"][0]
    done = prune(written, Retention(keep=1))
    assert judged in trace_ids(written)
    assert done.judged == 1
    prune(written, Retention(keep=1, judged_too=True))
    assert judged not in trace_ids(written)
    assert written.query("FROM feedback").height == 0


def test_a_trace_with_a_score_stays(fresh_store):
    for number in range(3):
        row = {"run_id": "r", "program": "p", "sample_id": str(number), "repetition": 0}
        with traces.scope(**row), traces.span("chat", f"chat {number}"):
            pass
        traces.record("samples", **row, status="ok")
        if number == 0:
            traces.record("scores", **row, scorer="exact", kind="bool", bool=True)
    prune(fresh_store, Retention(keep=1))
    assert fresh_store.query("SELECT name FROM spans ORDER BY name")["name"].to_list() == ["chat 0", "chat 2"]
    assert fresh_store.query("FROM samples").height == 3


def test_a_trace_under_way_never_goes(fresh_store):
    with traces.span("chat", "old and open"):
        for number in range(3):
            with traces.span("chat", f"inside {number}"):
                pass
        fresh_store.fold()
        prune(fresh_store, Retention(older_than=timedelta(0)))
        assert fresh_store.query("FROM spans").height == 4
    fresh_store.fold()
    assert fresh_store.query("SELECT status FROM spans")["status"].unique().to_list() == ["ok"]
    prune(fresh_store, Retention(older_than=timedelta(0)))
    assert fresh_store.query("FROM spans").height == 0


def test_age_is_counted_from_the_end(fresh_store):
    now = datetime.now(UTC).replace(tzinfo=None)
    for days in (1, 10, 100):
        times = {"started_at": str(now - timedelta(days=days + 5)), "ended_at": str(now - timedelta(days=days))}
        row = {"span_id": f"{days:016x}", "trace_id": f"{days:032x}", "name": f"{days}", "operation": "chat"}
        fresh_store.append({"span": {**row, "status": "ok", **times}})
    would = prune(fresh_store, Retention(older_than=timedelta(days=10)), dry_run=True)
    assert (would.traces, would.bytes_after) == (2, None)
    assert fresh_store.query("FROM spans").height == 3
    prune(fresh_store, Retention(older_than=timedelta(days=11)))
    assert fresh_store.query("SELECT name FROM spans ORDER BY name")["name"].to_list() == ["1", "10"]


def test_a_file_is_cut_to_its_size(fresh_store):
    for number in range(300):
        with traces.span("chat", f"chat {number}") as span:
            span.output_messages([assistant(" ".join(str(hash((number, word))) for word in range(400)))])
    fresh_store.fold()
    whole = prune(fresh_store, Retention(keep=10**6)).bytes_before
    done = prune(fresh_store, Retention(max_bytes=whole * 6 // 10))
    assert done.bytes_after <= whole * 6 // 10
    names = fresh_store.query("SELECT name FROM spans ORDER BY started_at")["name"].to_list()
    assert 30 < len(names) < 300
    assert names == [f"chat {number}" for number in range(300 - len(names), 300)]


@pytest.mark.parametrize("rules", [{}, {"keep": -1}, {"max_bytes": -1}, {"older_than": timedelta(days=-1)}])
def test_rules_that_say_nothing_or_are_negative_are_refused(rules):
    with pytest.raises(OptionError):
        Retention(**rules)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    turns=st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=12),
    keep=st.integers(0, 12),
)
def test_any_conversations_pruned_and_rebuilt_keep_what_their_calls_read(turns, keep, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("any") / "traces.duckdb")
    told = {0: [user("a")], 1: [user("a"), user("b")], 2: [user("c")]}
    read = {}
    for number, (talk, seals) in enumerate(turns):
        told[talk] = [*told[talk], user(f"turn {number}")]
        span = store.tracer.start("chat", f"{number}", None)
        span.input_messages(told[talk])
        span.end()
        read[span.span_id] = [message.text for message in told[talk]]
        if seals:
            store.close()
            store.fold()
    store.close()
    prune(store, Retention(keep=keep))
    for attempt in range(2):
        found = store.query(
            "SELECT span_id, list(text ORDER BY position) AS said FROM span_messages JOIN messages USING (message_hash)"
            " GROUP BY span_id"
        )
        expected = dict(list(read.items())[max(0, len(read) - keep) :])
        assert dict(found.rows()) == expected
        assert check(store).is_well
        if attempt == 0 and keep:
            store.path.unlink()
            with pytest.warns(traces.StoreWarning):
                store.fold()
