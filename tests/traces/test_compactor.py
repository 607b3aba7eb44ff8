"""Laws of the journal and its folding: every acknowledged record is in the store exactly once, whatever happens."""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from workbench import traces
from workbench.errors import StoreError
from workbench.messages import assistant
from workbench.traces.compactor import Compactor
from workbench.traces.journal import Journal, StoreWarning
from workbench.traces.lock import StoreLock
from workbench.traces.schema import SCHEMA_VERSION
from workbench.traces.segment import segments
from workbench.traces.store import Store


def write(store, name, text=None):
    span = store.tracer.start("chat", name, None)
    span.output_messages([assistant(text or name)])
    span.end()
    return span


def names(store):
    return sorted(store.query("SELECT name FROM spans")["name"])


def live_segment(store):
    return sorted(store.journal.folder.glob("*.jsonl"))[-1]


def test_folding_again_changes_nothing(fresh_store):
    write(fresh_store, "a")
    first = fresh_store.fold()
    assert first.records == 2  # a start and an end
    assert fresh_store.fold().records == 0
    assert names(fresh_store) == ["a"]


def opened(monkeypatch):
    """A list to which every opening of a file says whether it is for reading alone."""
    real, seen = duckdb.connect, []

    def connect(*given, **named):
        seen.append(named["read_only"])
        return real(*given, **named)

    monkeypatch.setattr(duckdb, "connect", connect)
    return seen


def test_a_first_question_opens_the_file_once_where_nothing_is_to_be_folded(fresh_store, monkeypatch):
    write(fresh_store, "a")
    fresh_store.fold()
    seen = opened(monkeypatch)
    other = Store(fresh_store.path)
    assert names(other) == ["a"]
    assert names(other) == ["a"]
    assert seen == [True, True]
    write(fresh_store, "b")
    assert names(other) == ["a", "b"]
    assert seen == [True, True, True, False, True]


def test_a_first_question_folds_what_a_dead_process_left(fresh_store):
    fresh_store.tracer.start("chat", "left open", None)
    fresh_store.fold()
    fresh_store.journal.close()
    assert Store(fresh_store.path).query("SELECT status FROM spans").rows() == [("interrupted",)]
    assert not segments(fresh_store.journal.folder)
    log = fresh_store.path.with_name(fresh_store.path.name + ".wal")
    with duckdb.connect(str(fresh_store.path)) as connection:
        connection.execute("SET checkpoint_threshold = '1GB'")
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute("UPDATE spans SET name = 'in the log'")
    assert log.exists()
    assert names(Store(fresh_store.path)) == ["in the log"]
    assert not log.exists()


def test_a_span_taken_for_interrupted_before_its_end_was_folded_is_there_once(fresh_store):
    """A fold may see the segment with the start, then that the session is over, before the segment with the end."""
    fresh_store.journal.segment_bytes = 1
    span = fresh_store.tracer.start("chat", "over two segments", None)
    span.end()
    fresh_store.close()
    later = sorted(fresh_store.journal.folder.glob("*.jsonl"))[1:]
    hidden = [path.rename(path.with_suffix(".later")) for path in later]
    assert fresh_store.query("SELECT status FROM spans").rows() == [("interrupted",)]
    for path in hidden:
        path.rename(path.with_suffix(".jsonl"))
    assert fresh_store.query("SELECT status FROM spans").rows() == [("ok",)]


def test_a_fold_killed_before_its_commit_is_simply_done_again(fresh_store, monkeypatch):
    write(fresh_store, "a")
    real = duckdb.DuckDBPyConnection.execute

    class Killed(BaseException):
        pass

    def dies(connection, sql, *rest):
        if sql.startswith("INSERT INTO segments"):
            raise Killed
        return real(connection, sql, *rest)

    from workbench.traces import batch

    class Dying:
        def __init__(self, connection):
            self.connection = connection

        def execute(self, sql, *rest):
            return dies(self.connection, sql, *rest)

    whole = batch._insert_all
    monkeypatch.setattr(batch, "_insert_all", lambda connection, rows: whole(Dying(connection), rows))
    with pytest.raises(Killed):
        fresh_store.fold()
    monkeypatch.undo()
    assert names(fresh_store) == ["a"]


def test_a_torn_last_line_of_a_dead_process_is_counted_and_the_rest_is_stored(fresh_store, tmp_path):
    write(fresh_store, "a")
    segment = live_segment(fresh_store)
    with segment.open("ab") as file:
        file.write(b'{"span": {"span_id": "12')
    fresh_store.close()
    assert names(fresh_store) == ["a"]
    row = fresh_store.query("SELECT skipped, skipped_reason, sealed FROM segments").to_dicts()
    assert row == [
        {"skipped": 1, "skipped_reason": "the last line is torn: the process was killed in the middle of an append",
         "sealed": True}
    ]  # fmt: skip


def test_a_line_that_is_still_being_written_waits_for_its_end(fresh_store):
    write(fresh_store, "a")
    whole = live_segment(fresh_store).read_bytes().splitlines(keepends=True)[-1]
    later = whole.replace(b'"name":"a"', b'"name":"b"').replace(
        json.loads(whole)["span"]["span_id"].encode(), b"b" * 16
    )
    with live_segment(fresh_store).open("ab") as file:
        file.write(later[:40])
        file.flush()
        assert names(fresh_store) == ["a"]
        file.write(later[40:])
    assert names(fresh_store) == ["a", "b"]
    assert fresh_store.query("SELECT sum(skipped) AS n FROM segments")["n"].item() == 0


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"\xff\xfe\x00",
        b"[1, 2]",
        b"{}",
        b"null",
        b'{"span": {"span_id": "x"}}',
        b'{"span": {"span_id": "x", "unknown": 1}}',
        b'{"span": 7}',
        b'{"table": "spans", "row": {"span_id": "x"}}',
        b'{"table": "runs", "row": {"run_id": "r", "kind": "k", "name": "n", "status": "ok", "started_at": "noon"}}',
        b'{"table": "metrics", "row": {"run_id": "r", "step": "many", "task": "", "name": "n"}}',
        b'{"span": {"span_id": "x", "trace_id": "t", "name": "n", "operation": "chat", "status": "ok", '
        b'"started_at": "2026-01-01 00:00:00"}, "messages": {"input": 7}}',
    ],
)
def test_a_garbage_line_is_counted_with_its_reason_and_stops_nothing(fresh_store, line):
    write(fresh_store, "before")
    with live_segment(fresh_store).open("ab") as file:
        file.write(line + b"\n")
    write(fresh_store, "after")
    assert set(names(fresh_store)) >= {"before", "after"}
    (row,) = fresh_store.query("SELECT skipped, skipped_reason FROM segments").to_dicts()
    assert row["skipped"] == 1
    assert row["skipped_reason"]


def test_a_newer_store_is_refused_with_a_hint_and_left_as_it_is(fresh_store):
    write(fresh_store, "a")
    fresh_store.fold()
    with duckdb.connect(str(fresh_store.path)) as connection:
        connection.execute("UPDATE store_info SET schema_version = 99")
    before = fresh_store.path.read_bytes()
    write(fresh_store, "b")  # calls go on: the journal keeps them
    with pytest.raises(StoreError, match=r"schema version 99.*\n\nHint: pip install --upgrade"):
        fresh_store.query("SELECT 1")
    with pytest.raises(StoreError, match="schema version 99"):
        traces.use(fresh_store.path)
    assert fresh_store.path.read_bytes() == before
    with duckdb.connect(str(fresh_store.path)) as connection:
        connection.execute("UPDATE store_info SET schema_version = $1", [SCHEMA_VERSION])
    assert names(fresh_store) == ["a", "b"]


def test_a_segment_of_a_newer_workbench_waits_for_one(fresh_store):
    folder = fresh_store.journal.folder
    newer = folder / "20300101T000000-1-abcdef01.000001.jsonl"
    newer.write_text('{"segment":{"version":99,"session":"20300101T000000-1-abcdef01"}}\n{"new":1}\n')
    write(fresh_store, "a")
    assert names(fresh_store) == ["a"]
    assert newer.exists()


@pytest.mark.parametrize("damage", ["header", "middle", "truncated"])
def test_a_damaged_store_is_moved_aside_and_rebuilt_from_the_kept_segments(tmp_path, damage):
    path = tmp_path / "damaged.duckdb"
    first = Store(path)
    for number in range(50):
        write(first, f"old {number:02d}", text="word " * 500 + str(number))
    first.close()
    first.fold()  # sealed and folded: the segment lies in the archive
    store = Store(path)
    write(store, "new")
    data = bytearray(path.read_bytes())
    if damage == "header":
        data[:4096] = b"\xff" * 4096
    elif damage == "middle":
        data[12288:] = os.urandom(len(data) - 12288)
    else:
        data = data[: len(data) // 2]
    path.write_bytes(bytes(data))
    with pytest.warns(StoreWarning, match="is damaged .* moved to"):
        assert names(store) == sorted([*(f"old {number:02d}" for number in range(50)), "new"])
    assert list(tmp_path.glob("damaged.duckdb.damaged-*"))
    write(store, "newer")
    assert len(names(store)) == 52


def test_a_transaction_that_the_database_forgot_is_folded_again(tmp_path):
    path = tmp_path / "forgetful.duckdb"
    for name in ("a", "b"):
        store = Store(path)
        write(store, name)
        session = store.journal.session
        store.close()
        store.fold()
    with duckdb.connect(str(path)) as connection:  # as after a lost write-ahead log: the rows and the mark are gone
        connection.execute("DELETE FROM spans WHERE name = 'b'")
        connection.execute("DELETE FROM segments WHERE session = $1", [session])
    store.fold()
    assert names(store) == ["a", "b"]


def test_a_store_file_that_was_deleted_comes_back_from_the_kept_segments(fresh_store):
    write(fresh_store, "a")
    fresh_store.close()
    fresh_store.fold()
    fresh_store.path.unlink()
    write(fresh_store, "b")
    with pytest.warns(StoreWarning, match="rebuilt"):
        assert names(fresh_store) == ["a", "b"]


def test_a_database_of_someone_else_is_not_touched(tmp_path):
    path = tmp_path / "mine.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE spans (mine INTEGER)")
    with pytest.raises(StoreError, match="holds other tables"):
        traces.use(path)


def test_a_folder_deleted_under_a_living_process_loses_only_what_was_in_it(fresh_store):
    write(fresh_store, "a")
    shutil.rmtree(fresh_store.journal.folder)
    write(fresh_store, "b")
    assert names(fresh_store) == ["b"]


def test_a_full_disk_is_said_once_and_the_record_is_written_when_there_is_room(fresh_store, monkeypatch):
    write(fresh_store, "a")
    real, full = os.write, {"left": 30}

    def write_some(descriptor, data):
        if full["left"] <= 0:
            raise OSError(28, "No space left on device")
        given = data[: full["left"]]
        full["left"] -= len(given)
        return real(descriptor, given)

    monkeypatch.setattr(os, "write", write_some)
    with pytest.warns(StoreWarning, match="No space left"):
        write(fresh_store, "b")  # its start is torn after 30 bytes
    write(fresh_store, "c")
    monkeypatch.undo()
    write(fresh_store, "d")
    assert names(fresh_store) == ["a", "b", "c", "d"]
    assert fresh_store.query("SELECT skipped FROM segments")["skipped"].item() == 1  # the torn piece


def test_a_full_segment_is_sealed_and_the_bodies_begin_again(tmp_path):
    store = Store(tmp_path / "small.duckdb")
    store.journal.segment_bytes = 4000
    for number in range(40):
        write(store, f"{number:02d}", text="the same words")
    assert len(segments(store.journal.folder)) + len(segments(store.journal.folder / "folded")) > 5
    assert names(store) == [f"{number:02d}" for number in range(40)]
    count = store.query("SELECT count(*) AS n FROM span_messages JOIN messages USING (message_hash)")
    assert count["n"].item() == 40
    for path in [*store.journal.folder.glob("*.jsonl"), *store.journal.folder.glob("folded/*.jsonl")]:
        text = path.read_text()
        assert text.count("the same words") <= 1


def test_the_archive_stays_within_its_bounds(tmp_path, monkeypatch):
    path = tmp_path / "bounded.duckdb"
    old = time.time() - 8 * 24 * 3600
    for number in range(3):
        store = Store(path)
        write(store, f"{number}")
        store.close()
        store.fold()
        if number == 0:
            (archived,) = (store.journal.folder / "folded").glob("*.jsonl")
            os.utime(archived, (old, old))
    assert names(store) == ["0", "1", "2"]
    assert len(list((store.journal.folder / "folded").glob("*.jsonl"))) == 2
    assert store.query("SELECT count(*) AS n FROM segments")["n"].item() == 2


def test_a_busy_store_is_said_after_the_wait_and_writers_do_not_care(fresh_store):
    write(fresh_store, "a")
    fresh_store.fold()
    other = StoreLock(fresh_store.journal.folder)
    with other.shared(1.0):
        assert fresh_store.query("SELECT 1 AS one")["one"].item() == 1  # readers share
        write(fresh_store, "b")
        with pytest.raises(StoreError, match=r"busy for 0.05 seconds"):
            fresh_store.query("SELECT 1", 0.05)
    assert names(fresh_store) == ["a", "b"]


class Interleaving(RuleBasedStateMachine):
    """Writers come and go, fold and die in any order; what was acknowledged is there exactly once."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "traces.duckdb"
        self.stores = [Store(self.path)]
        self.acknowledged = []
        self.open = []

    @rule(which=st.integers(0, 3), text=st.text(max_size=20))
    def write_span(self, which, text):
        store = self.stores[which % len(self.stores)]
        span = store.tracer.start("chat", f"{len(self.acknowledged)}", None)
        span.output_messages([assistant(text)]).attribute("text", text)
        span.end()
        self.acknowledged.append(span.span_id)

    @rule(which=st.integers(0, 3))
    def leave_a_span_open(self, which):
        self.open.append(self.stores[which % len(self.stores)].tracer.start("chat", "open", None))

    @precondition(lambda self: self.open)
    @rule()
    def end_an_open_span(self):
        span = self.open.pop()
        span.output_messages([assistant("late")])
        span.end()
        self.acknowledged.append(span.span_id)

    @rule(which=st.integers(0, 3))
    def fold(self, which):
        self.stores[which % len(self.stores)].fold()

    @rule(size=st.sampled_from([1, 1000, 1 << 20]))
    def another_writer(self, size):
        store = Store(self.path)
        store.journal.segment_bytes = size
        self.stores.append(store)

    @rule(which=st.integers(0, 3))
    def close(self, which):
        self.stores[which % len(self.stores)].close()

    @rule(which=st.integers(0, 3))
    def garbage(self, which):
        store = self.stores[which % len(self.stores)]
        if not store.journal.is_empty:
            store.journal.append(b"no json")

    @rule()
    def fold_in_pieces(self):
        compactor = Compactor(self.path, StoreLock(self.stores[0].compactor.folder))
        compactor.fold(5.0, budget_seconds=0.0)

    @invariant()
    def nothing_is_lost_and_nothing_is_twice(self):
        if not self.acknowledged:
            return
        # one that was just opened looks for itself whether there is something to fold
        rows = Store(self.path).query("SELECT span_id, status FROM spans").to_dicts()
        ended = [row["span_id"] for row in rows if row["status"] == "ok"]
        assert sorted(ended) == sorted(self.acknowledged)
        bodies = self.stores[0].query(
            "SELECT count(*) AS n FROM span_messages JOIN messages USING (message_hash) WHERE direction = 'output'"
        )
        assert bodies["n"].item() == len(self.acknowledged)

    def teardown(self):
        for store in self.stores:
            store.close()
        shutil.rmtree(self.folder)


Interleaving.TestCase.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestInterleaving = Interleaving.TestCase


@given(st.lists(st.binary(min_size=1, max_size=60).filter(lambda line: b"\n" not in line), max_size=12))
@settings(max_examples=50, deadline=None)
def test_a_journal_gives_back_the_lines_it_was_given(lines):
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), segment_bytes=100)
        for line in lines:
            journal.append(line)
        journal.close()
        found = [[line for line, _ in segment.lines(0, segment.size)] for segment in segments(Path(folder))]
    assert all(written[0].startswith(b'{"segment"') for written in found)
    assert [line for written in found for line in written[1:]] == lines
