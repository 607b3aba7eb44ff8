"""A slice: some traces with everything that belongs to them, without keys, as rows in memory."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from workbench.traces.batch import body_row
from workbench.traces.encoding import dumps
from workbench.traces.erased import ErasedRows
from workbench.traces.erasure import Erasure
from workbench.traces.exchange.carried import CARRIED
from workbench.traces.exchange.selection import Selection
from workbench.traces.exchange.source import opened
from workbench.traces.store import Store

__all__ = ["Slice", "parquet_files", "read_slice"]

_LATEST: Final = (
    "SELECT trace_id, count(*) OVER () AS traces FROM spans AS span WHERE",
    "GROUP BY trace_id ORDER BY max(started_at) DESC, trace_id LIMIT $limit",
)
_TYPES: Final[dict[str, Any]] = {
    "VARCHAR": pl.String,
    "JSON": pl.String,
    "BIGINT": pl.Int64,
    "INTEGER": pl.Int32,
    "DOUBLE": pl.Float64,
    "BOOLEAN": pl.Boolean,
    "TIMESTAMP": pl.Datetime("us"),
}


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows by table; the values of JSON columns are values, not text.

    Attributes:
        tables: table -> rows.
        traces: how many are in it.
        left_out: how many traces fit the selection and were left out, because of the limit.
        erased: `table.column` -> how many cells were cut.
    """

    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    traces: int
    left_out: int
    erased: Mapping[str, int]


def read_slice(store: Store, where: Selection, erasure: Erasure, limit: int) -> Slice:
    """The latest traces that hold a span of the selection, whole, with their messages, runs, scores and feedback.

    Args:
        store: everything journalled is folded in first.
        where: which spans.
        erasure: what is cut out of every cell.
        limit: at most this many traces.

    Raises:
        StoreError: the store stayed busy, or cannot be read.
    """
    condition, values = where.condition()
    latest = store.query(f"{_LATEST[0]} {condition} {_LATEST[1]}", **values, limit=limit)
    chosen = tuple(latest["trace_id"].to_list())
    rows = ErasedRows(erasure)
    tables: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as scratch, opened(store, Selection(trace_ids=chosen), Path(scratch)) as source:
        for table, columns in CARRIED.items():
            names = ", ".join(f'"{name}"' for name in columns)
            found = source.execute(" ".join(["SELECT", names, "FROM", table])).fetchall()
            tables[table] = [_decoded(table, dict(zip(columns, row, strict=True))) for row in found]
    bodies: dict[str, dict[str, Any]] = {}
    for message in tables.pop("messages"):
        digest, body = rows.body(message["message_hash"], message["body"])
        bodies[digest] = {**body_row(digest, body), "body": body}
    for place in tables["span_messages"]:
        place["message_hash"] = rows.digest(place["message_hash"])
    cut = {table: [rows.row(table, row) for row in given] for table, given in tables.items()}
    cut["messages"] = list(bodies.values())
    matching = int(latest["traces"][0]) if chosen else 0
    erased = {cell: count for cell, count in rows.cells.items() if count}
    return Slice(cut, len(chosen), matching - len(chosen), erased)


def parquet_files(given: Slice) -> bytes:
    """The tables as a zip archive with a Parquet file for each that has rows; unpacked, it can be imported."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for table, rows in given.tables.items():
            if rows:
                file = io.BytesIO()
                _frame(table, rows).write_parquet(file, compression="zstd")
                archive.writestr(f"{table}.parquet", file.getvalue())
    return packed.getvalue()


def _decoded(table: str, row: dict[str, Any]) -> dict[str, Any]:
    for name, kind in CARRIED[table].items():
        if kind == "JSON" and row[name] is not None:
            row[name] = json.loads(row[name])
    return row


def _frame(table: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    kinds = CARRIED[table]
    columns = {
        name: [_text(row[name]) if kind == "JSON" else row[name] for row in rows] for name, kind in kinds.items()
    }
    return pl.DataFrame(columns, schema={name: _TYPES[kind] for name, kind in kinds.items()})


def _text(value: Any) -> str | None:
    return None if value is None else dumps(value)
