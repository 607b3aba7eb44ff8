"""Questions to the store in SQL, answered as polars frames."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import duckdb
import polars as pl

from workbench.errors import StoreError, nearest
from workbench.traces.database import is_damage, open_database
from workbench.traces.schema import COLUMNS

__all__ = ["read"]

# What polars cannot take from Arrow comes as text.
_AS_TEXT: Final = frozenset({"INTERVAL", "BIT", "TIME WITH TIME ZONE", "BIGNUM", "VARINT"})
_MISSING_TABLE: Final = re.compile(r"Table with name \"?(\w+)\"? does not exist")
_MISSING_COLUMN: Final = re.compile(r"Referenced column \"(\w+)\" (?:not found|was not found)|column named \"(\w+)\"")


def read(path: Path, sql: str, parameters: Mapping[str, Any]) -> pl.DataFrame:
    """Runs one question on the store, read-only; the caller holds the store's lock.

    Raises:
        StoreError: the SQL is wrong, would write, or would read outside the store.
        duckdb.Error: the file is damaged.
    """
    connection = open_database(path, read_only=True)
    try:
        relation = cast("duckdb.DuckDBPyRelation | None", connection.sql(sql, params=dict(parameters) or None))
        return pl.DataFrame() if relation is None else _frame(relation)
    except duckdb.Error as error:
        if is_damage(error):
            raise
        raise StoreError(f"The store cannot answer: {error}", hint=_hint(str(error), sql)) from error
    finally:
        connection.close()


def _frame(relation: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    kinds = [str(kind) for kind in relation.types]
    if any(kind in _AS_TEXT for kind in kinds):
        quoted = ['"' + name.replace('"', '""') + '"' for name in relation.columns]
        wanted = (
            f"CAST({name} AS VARCHAR) AS {name}" if kind in _AS_TEXT else name
            for name, kind in zip(quoted, kinds, strict=True)
        )
        relation = relation.project(", ".join(wanted))
    frame = pl.DataFrame(relation)
    sums = [name for name, kind in zip(frame.columns, kinds, strict=True) if kind == "HUGEINT"]
    for name in sums:  # sum() of integers is a HUGEINT, which polars reads as a decimal
        narrow = frame[name].cast(pl.Int64, strict=False)
        if narrow.null_count() == frame[name].null_count():
            frame = frame.with_columns(narrow)
    return frame


def _hint(message: str, sql: str) -> str | None:
    if "read-only" in message or "external access" in message.lower() or "disabled" in message:
        return "a question only reads the store's own tables; write through workbench.traces.record and spans"
    if found := _MISSING_TABLE.search(message):
        return nearest(found[1], COLUMNS) or f"the tables are {', '.join(COLUMNS)}"
    if found := _MISSING_COLUMN.search(message):
        columns = sorted({name for table in COLUMNS.values() for name in table})
        return nearest(found[1] or found[2], columns) or "DESCRIBE spans lists a table's columns"
    if "parameter" in message.lower():
        return "give every $name of the SQL a value: query('SELECT * FROM spans WHERE model = $model', model='pocket')"
    return None
