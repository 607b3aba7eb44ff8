"""Questions to the store in SQL, answered as polars frames."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast, final

import duckdb
import polars as pl

from workbench.errors import StoreError, nearest
from workbench.traces.database import open_database
from workbench.traces.schema import COLUMNS

__all__ = ["Reader", "prepare"]

# What polars cannot take from Arrow comes as text.
_AS_TEXT: Final = ("INTERVAL", "UNION", "BIT", "TIME WITH TIME ZONE", "BIGNUM")
_MISSING_TABLE: Final = re.compile(r"Table with name \"?(\w+)\"? does not exist")
_MISSING_COLUMN: Final = re.compile(r"Referenced column \"(\w+)\" (?:not found|was not found)|column named \"(\w+)\"")


@final
class Reader:
    """Answers questions on one opening of the store, so that they see one state of it; a context manager.

    Args:
        path: the store's file; the caller holds its lock.

    Raises:
        duckdb.Error: the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._connection = open_database(path, read_only=True)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The opening itself."""
        return self._connection

    def query(self, sql: str, /, **parameters: Any) -> pl.DataFrame:
        """Answers one question.

        Raises:
            StoreError: the SQL is wrong, would write, or would read outside the store.
            duckdb.Error: the file is damaged.
        """
        return _answer(self._connection, sql, parameters)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def prepare() -> None:
    """Loads what the first question would wait for: DuckDB imports pandas, where it is, when it binds a parameter."""
    with duckdb.connect() as connection:
        pl.DataFrame(connection.sql("SELECT $one AS one", params={"one": 1}))


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any]) -> pl.DataFrame:
    """Runs the question in a thread of its own, so that an interrupt (a stopped cell) ends it at once."""
    outcome: list[pl.DataFrame | Exception] = []
    done = threading.Event()  # not `join`, which in CPython 3.11 takes a thread for ended when it is interrupted

    def work() -> None:
        try:
            outcome.append(_outcome(connection, sql, parameters))
        finally:
            done.set()

    threading.Thread(target=work, name="workbench-question", daemon=True).start()
    try:
        while not done.wait(0.1):  # in turns, so that a signal that another thread took is seen
            pass
    except BaseException:
        while not done.wait(0.02):  # again and again: before the question runs, an interrupt does nothing
            connection.interrupt()
        raise
    match outcome:
        case [pl.DataFrame() as frame]:
            return frame
        case [Exception() as error]:
            raise error
        case _:
            raise StoreError("The store cannot answer: the question ended without a result.")


def _outcome(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any]
) -> pl.DataFrame | Exception:
    """The answer or what went wrong, which has no traceback: its frames would keep the file open."""
    relation: duckdb.DuckDBPyRelation | None = None
    try:
        relation = connection.sql(sql, params=dict(parameters) or None)
        relation = cast("duckdb.DuckDBPyRelation | None", relation)  # None where a statement has no rows
        relation = None if relation is None else _readable(relation)
        return pl.DataFrame() if relation is None else _narrowed(pl.DataFrame(relation), relation)
    except (duckdb.IOException, duckdb.InternalException, duckdb.FatalException) as error:
        return error.with_traceback(None)
    except (duckdb.Error, pl.exceptions.PolarsError, RuntimeError) as error:
        return StoreError(f"The store cannot answer: {error}", hint=_hint(str(error)))
    finally:
        del relation


def _readable(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """With distinct names, and what polars cannot take from Arrow as text."""
    if len(set(relation.columns)) < len(relation.columns):
        relation = relation.project("*")
    kinds = [str(kind) for kind in relation.types]
    if not any(word in kind for kind in kinds for word in _AS_TEXT):
        return relation
    quoted = ['"' + name.replace('"', '""') + '"' for name in relation.columns]
    wanted = (
        f"CAST({name} AS VARCHAR) AS {name}" if any(word in kind for word in _AS_TEXT) else name
        for name, kind in zip(quoted, kinds, strict=True)
    )
    return relation.project(", ".join(wanted))


def _narrowed(frame: pl.DataFrame, relation: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    """Sums of integers as integers: DuckDB's are HUGEINT, which polars reads as a decimal."""
    sums = [name for name, kind in zip(frame.columns, relation.types, strict=True) if str(kind) == "HUGEINT"]
    for name in sums:
        narrow = frame[name].cast(pl.Int64, strict=False)
        if narrow.null_count() == frame[name].null_count():
            frame = frame.with_columns(narrow)
    return frame


def _hint(message: str) -> str | None:
    if "read-only" in message or "disabled by config" in message:
        return "a question only reads the store's own tables; write through workbench.traces.record and spans"
    if found := _MISSING_TABLE.search(message):
        return nearest(found[1], COLUMNS) or f"the tables are {', '.join(COLUMNS)}"
    if found := _MISSING_COLUMN.search(message):
        columns = sorted({name for table in COLUMNS.values() for name in table})
        return nearest(found[1] or found[2], columns) or "DESCRIBE spans lists a table's columns"
    if "parameter" in message.lower():
        return "give every $name of the SQL a value: query('SELECT * FROM spans WHERE model = $model', model='pocket')"
    return None
