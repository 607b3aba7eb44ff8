"""Laws of the journal where it cannot be written: no call fails, nothing is out of order, and what is lost is said."""

import json
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import traces
from workbench.errors import StoreError
from workbench.messages import assistant, user
from workbench.traces.backlog import Backlog
from workbench.traces.health import Health, StoreWarning
from workbench.traces.journal import Journal
from workbench.traces.segment import segments
from workbench.traces.store import Store

resource = pytest.importorskip("resource", reason="files cannot be limited on this system")


@contextmanager
def full(store, room=0):
    """A disk on which the current segment can grow by `room` bytes: the system's limit of a file's size."""
    size = segments(store.journal.folder)[-1].size
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def blocked(path):
    """A journal folder that cannot be made, because a file has its name."""
    place = Path(f"{path}.journal")
    place.write_text("in the way")
    try:
        yield
    finally:
        place.unlink()


def turn(store, history, number):
    """One turn of a conversation; the next one's history."""
    asked = [*history, user(f"question {number}")]
    span = store.tracer.start("chat", f"{number}", None)
    answer = assistant(f"answer {number}")
    span.input_messages(asked).output_messages([answer]).end()
    return [*asked, answer]


def told(store):
    """name -> the texts that the span read and wrote, in order."""
    rows = store.query(
        "SELECT name, list(text ORDER BY direction, position) AS texts FROM spans "
        "LEFT JOIN span_messages USING (span_id) LEFT JOIN messages USING (message_hash) WHERE status = 'ok' "
        "GROUP BY span_id, name ORDER BY min(started_at)"
    ).to_dicts()
    return {row["name"]: row["texts"] for row in rows}


def expected(numbers):
    said = [text for number in range(100) for text in (f"question {number}", f"answer {number}")]
    return {str(number): [*said[: 2 * number + 1], f"answer {number}"] for number in numbers}


@pytest.mark.parametrize("room", [0, 40, 700])
def test_a_full_disk_is_said_once_and_all_is_there_when_there_is_room(fresh_store, room):
    history = turn(fresh_store, [], 0)
    with warnings.catch_warnings(record=True) as said, full(fresh_store, room):
        warnings.simplefilter("always")
        for number in range(1, 6):
            history = turn(fresh_store, history, number)
    assert [warning.category for warning in said] == [StoreWarning]
    assert "File too large" in str(said[0].message)
    health = fresh_store.health()
    assert (health.kept > 5, health.lost, health.reason) == (True, 0, "File too large")
    assert not health.is_well
    turn(fresh_store, history, 6)
    assert fresh_store.health() == Health()
    assert told(fresh_store) == expected(range(7))


def test_a_question_writes_what_waits(fresh_store):
    turn(fresh_store, [], 0)
    with pytest.warns(StoreWarning), full(fresh_store):
        turn(fresh_store, [], 1)
    assert list(told(fresh_store)) == ["0", "1"]
    assert fresh_store.health().is_well


def test_calls_go_on_where_no_folder_can_be_made_and_come_in_when_it_can(tmp_path):
    path = tmp_path / "blocked.duckdb"
    with blocked(path):
        store = Store(path)
        with pytest.warns(StoreWarning, match="cannot be written") as said:
            history = turn(store, turn(store, [], 0), 1)
        assert len(said) == 1
        assert store.health().kept == 4
        with pytest.raises(StoreError, match="cannot be written"):
            store.query("SELECT 1")
    turn(store, history, 2)
    assert told(store) == expected(range(3))
    assert store.query("SELECT DISTINCT session FROM spans").height == 1


def test_use_of_a_folder_that_cannot_be_written_is_refused_and_the_old_store_stays(tmp_path, fresh_store):
    path = tmp_path / "blocked.duckdb"
    with blocked(path), pytest.raises(StoreError, match="Hint: "):
        traces.use(path)
    assert traces.store() is fresh_store
    assert traces.use(path).health().is_well


def test_what_waits_does_not_rely_on_a_segment_that_is_gone_by_then(fresh_store):
    history = turn(fresh_store, [], 0)
    with pytest.warns(StoreWarning), full(fresh_store):
        history = turn(fresh_store, turn(fresh_store, history, 1), 2)
    shutil.rmtree(fresh_store.journal.folder)  # somebody makes room
    turn(fresh_store, history, 3)
    assert told(fresh_store) == expected([1, 2, 3])


def test_beyond_the_bound_the_newest_is_lost_and_counted_and_later_spans_are_whole(tmp_path):
    path = tmp_path / "blocked.duckdb"
    with blocked(path):
        store = Store(path)
        store.journal = Journal(store.journal.folder, backlog_bytes=4_000)
        history = []
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            for number in range(12):
                history = turn(store, history, number)
        health = store.health()
    assert len(said) == 2
    assert "later ones are lost" in str(said[1].message)
    assert 0 < health.kept_bytes <= 4_000
    assert health.kept + health.lost == 24
    turn(store, history, 12)
    assert store.health() == Health(lost=health.lost)
    found = told(store)
    kept = sorted(map(int, found))
    assert kept[-1] == 12
    assert 0 in kept
    assert found == expected(kept)


def test_what_cannot_be_written_at_the_end_is_said_and_counted(tmp_path):
    path = tmp_path / "blocked.duckdb"
    with blocked(path):
        store = Store(path)
        with pytest.warns(StoreWarning):
            turn(store, [], 0)
        with pytest.warns(StoreWarning, match="2 trace records could not be written and are lost"):
            store.close()
        assert store.health().lost == 2


def test_a_warning_that_is_an_error_costs_no_record(fresh_store):
    turn(fresh_store, [], 0)
    with warnings.catch_warnings(), full(fresh_store):
        warnings.simplefilter("error")
        with pytest.raises(StoreWarning):
            fresh_store.tracer.start("chat", "1", None)
        assert fresh_store.health().kept == 1


def test_an_old_segment_is_sealed_at_the_next_append(fresh_store):
    fresh_store.journal.segment_seconds = 0.0
    for number in range(3):
        turn(fresh_store, [], number)
    fresh_store.journal.segment_seconds = 3600.0
    assert list(told(fresh_store)) == ["0", "1", "2"]
    archived = segments(fresh_store.journal.folder / "folded")
    assert len(archived) == 6
    assert all(segment.size > 0 for segment in archived)


@given(
    st.lists(st.tuples(st.sampled_from(["room", "full", "torn", "gone"]), st.integers(1, 3)), max_size=6),
    st.sampled_from([1, 2_000, 1 << 20]),
)
@settings(max_examples=30, deadline=None)
def test_whatever_happens_to_the_disk_every_span_is_there_once_and_whole(phases, segment_bytes):
    """In phases: there is room, there is none, a line is torn, or the journal is deleted while lines wait."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", StoreWarning)
        store = Store(Path(folder) / "traces.duckdb")
        store.journal.segment_bytes = segment_bytes
        history, number, there = turn(store, [], 0), 1, [0]
        for phase, turns in phases:
            if phase == "gone":
                store.query("SELECT 1")  # what is written is in the store
                shutil.rmtree(store.journal.folder)
            for _ in range(turns):
                if phase in ("full", "torn"):
                    with full(store, 25 if phase == "torn" else 0):
                        history = turn(store, history, number)
                else:
                    history = turn(store, history, number)
                there.append(number)
                number += 1
        assert told(store) == expected(there)
        store.close()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9))), st.integers(0, 40))
def test_a_backlog_gives_lines_back_in_order_and_counts_the_others(steps, limit):
    backlog, written, refused, added = Backlog(limit), [], 0, []
    for writes, size in steps:
        if writes:
            backlog.write(lambda line: not written.append(line))
        else:
            line = bytes([len(added)]) * size
            if backlog.add(line):
                added.append(line)
            else:
                refused += 1
        assert backlog.size <= limit
    backlog.write(lambda line: not written.append(line))
    assert written == added
    assert (len(backlog), backlog.size, backlog.lost) == (0, 0, refused)


def test_the_header_of_a_segment_is_its_first_line(fresh_store):
    turn(fresh_store, [], 0)
    first = segments(fresh_store.journal.folder)[0].path.read_bytes().split(b"\n")[0]
    assert json.loads(first)["segment"]["session"] == fresh_store.journal.session
