"""A source: the relations of a store, cut to a selection, as a connection that may also write files."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from workbench.errors import StoreError
from workbench.traces.exchange.carried import CARRIED
from workbench.traces.exchange.selection import Selection
from workbench.traces.store import Store

__all__ = ["columns_of", "opened", "quoted", "rows_of", "work_connection"]

_WAIT_SECONDS: Final = 30.0
_SETTINGS: Final[dict[str, str]] = {
    "memory_limit": "512MB",
    "threads": "2",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
}
_CHOSEN: Final = """
    CREATE TABLE chosen AS
    SELECT span_id, trace_id, run_id, program, sample_id, repetition, tool_version, method FROM spans
    WHERE trace_id IN (SELECT trace_id FROM fitting)
"""
# all samples of a run go out where the run is what was asked for
_NAMED_RUNS: Final = """
    CREATE TABLE named_runs AS
    WITH RECURSIVE below(run_id) AS (
        SELECT $run_id::VARCHAR UNION SELECT run.run_id FROM runs AS run JOIN below ON run.parent_run_id = below.run_id
    ) SELECT run_id FROM below WHERE run_id IS NOT NULL
"""
_CHOSEN_RUNS: Final = """
    CREATE TABLE chosen_runs AS
    WITH RECURSIVE above(run_id) AS (
        (SELECT run_id FROM chosen UNION SELECT run_id FROM named_runs)
        UNION SELECT run.parent_run_id FROM runs AS run JOIN above USING (run_id)
    ) SELECT run_id FROM above WHERE run_id IS NOT NULL
"""
_OF_SPAN: Final = "span_id IN (SELECT span_id FROM chosen)"
_OF_SAMPLE: Final = """
    (run_id, program, sample_id, repetition) IN (SELECT (run_id, program, sample_id, repetition) FROM chosen)
    OR run_id IN (SELECT run_id FROM named_runs)
"""
_BELONGS: Final = {
    "spans": _OF_SPAN,
    "attempts": _OF_SPAN,
    "span_messages": _OF_SPAN,
    "messages": "message_hash IN (SELECT message_hash FROM work.main.span_messages)",
    "links": _OF_SPAN,
    "runs": "run_id IN (SELECT run_id FROM chosen_runs)",
    "samples": _OF_SAMPLE,
    "scores": _OF_SAMPLE,
    "feedback": _OF_SPAN,
    "metrics": "run_id IN (SELECT run_id FROM chosen_runs)",
    "tools": "tool_version IN (SELECT tool_version FROM chosen)",
    "datasets": "dataset_version IN (SELECT dataset_version FROM work.main.runs)",
    "papers": "implements IN (SELECT method FROM chosen)",
}


@contextmanager
def opened(store: Store, where: Selection, scratch: Path) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection whose relations are the store's, cut to the selection; the store is locked for reading meanwhile.

    `fitting` holds the ids of the spans that the filters name; `spans` holds their whole traces.

    Args:
        store: everything journalled is folded in first.
        where: which spans.
        scratch: a folder for what does not fit into memory.

    Raises:
        StoreError: the store stayed busy, or cannot be read.
    """
    store.fold(_WAIT_SECONDS)
    with store.compactor.lock.shared(_WAIT_SECONDS):
        connection = work_connection(scratch)
        try:
            # a second instance of DuckDB, because the store's own connections reach no files
            connection.execute(" ".join(["ATTACH", quoted(store.path), "AS store (READ_ONLY)"]))
            _cut(connection, where)
            yield connection
        except (duckdb.IOException, duckdb.InternalException, duckdb.FatalException) as error:
            raise StoreError(
                f"The store {str(store.path)!r} could not be written to files: {error}",
                hint="is the disk full? A damaged store is mended by workbench.traces.query('FROM store_info')",
            ) from error
        finally:
            connection.close()


def work_connection(scratch: Path) -> duckdb.DuckDBPyConnection:
    """A passing database in this folder; it may read and write files, and needs little memory for what is large."""
    connection = duckdb.connect(str(scratch / "work.duckdb"), config=dict(_SETTINGS))
    connection.execute("SET enable_progress_bar = false")  # DuckDB would print one
    return connection


def quoted(path: Path) -> str:
    """The path as an SQL string."""
    return "'" + str(path).replace("'", "''") + "'"


def columns_of(relation: str) -> str:
    """The relation's columns, for a SELECT."""
    return ", ".join(f'"{name}"' for name in CARRIED[relation])


def rows_of(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """How many rows the relation has."""
    counted = connection.execute(" ".join(["SELECT count(*) FROM", relation])).fetchone()
    return int(counted[0]) if counted else 0


def _cut(connection: duckdb.DuckDBPyConnection, where: Selection) -> None:
    for relation in CARRIED:
        select = ["SELECT", columns_of(relation), "FROM", f"store.main.{relation}"]
        connection.execute(" ".join(["CREATE VIEW", relation, "AS", *select]))
    condition, values = where.condition()
    connection.execute(
        " ".join(["CREATE TABLE fitting AS SELECT span_id, trace_id FROM spans AS span WHERE", condition]), values
    )
    if where.is_everything:
        return
    connection.execute(_CHOSEN)
    connection.execute(_NAMED_RUNS, {"run_id": where.run_id if where == Selection(run_id=where.run_id) else None})
    connection.execute(_CHOSEN_RUNS)
    for relation in CARRIED:
        select = ["SELECT", columns_of(relation), "FROM", f"store.main.{relation}", "WHERE", _BELONGS[relation]]
        connection.execute(" ".join(["CREATE OR REPLACE VIEW", relation, "AS", *select]))
