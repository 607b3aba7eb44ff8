"""Laws of folding beside a process: what a full segment held is in the file, and the process did not do it."""

import sys
import threading

import duckdb
import pytest

from workbench.messages import assistant
from workbench.traces.store import Store

LONG = "words and words " * 4_000


def fill(store):
    """Writes until a segment of one mebibyte is full; how many spans that took."""
    store.journal.segment_bytes = 1 << 20
    for number in range(20):
        span = store.tracer.start("chat", f"{number}", None)
        span.output_messages([assistant(f"{number} {LONG}")]).end()
    for thread in threading.enumerate():
        if thread.name == "workbench-fold":
            thread.join()
    store._folding.wait(60)


def folded(store):
    """What is in the file, without asking the store, which would fold."""
    with duckdb.connect(str(store.path), read_only=True) as connection:
        return connection.execute("SELECT count(*) FROM spans WHERE status = 'ok'").fetchone()[0]


def test_a_full_segment_is_folded_by_another_process(tmp_path, monkeypatch):
    store = Store(tmp_path / "beside.duckdb")
    monkeypatch.setattr("workbench.traces.compactor.Compactor.fold", lambda *_: pytest.fail("folded in this process"))
    fill(store)
    monkeypatch.undo()
    assert folded(store) >= 15
    assert store.query("SELECT count(*) AS n FROM spans")["n"].item() == 20
    store.close()


@pytest.mark.parametrize("executable", ["", "/nowhere/python3", "/bin/cat", None])
def test_where_no_process_can_be_started_a_thread_folds(tmp_path, monkeypatch, executable):
    monkeypatch.setattr(sys, "executable", executable)
    store = Store(tmp_path / "within.duckdb")
    fill(store)
    assert folded(store) >= 15
    store.close()


def test_a_fold_that_fails_is_not_started_again(tmp_path, monkeypatch):
    store = Store(tmp_path / "failing.duckdb")
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))  # no interpreter starts there
    fill(store)
    fill(store)
    assert folded(store) >= 30
    store.close()
