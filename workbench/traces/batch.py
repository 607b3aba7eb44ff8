"""A batch: some records of one segment as rows, and the transaction that brings them into the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

import duckdb

from workbench.traces.encoding import dumps, utf8
from workbench.traces.layout import STORED, TABLES
from workbench.traces.schema import COLUMNS, KEYS, RECORDED, REQUIRED

__all__ = ["Batch", "body_row", "insert"]

Row: TypeAlias = Mapping[str, Any]
Keyed: TypeAlias = dict[tuple[Any, ...], Row]


def _statement(table: str) -> str:
    """Inserts a JSON array of rows, given as one text parameter: DuckDB parses it faster than it binds values."""
    verb = "INSERT OR REPLACE" if table in RECORDED else "INSERT"
    fields = ", ".join(f'item."{name}"' for name in STORED[table])
    shape = dumps([{name: kind.removesuffix(" NOT NULL") for name, kind in STORED[table].items()}])
    return " ".join(
        [verb, "INTO", table, "SELECT", fields, f"FROM (SELECT unnest(from_json($1::JSON, '{shape}')) AS item)"]
    )


_INSERT: Final = {table: _statement(table) for table in TABLES}
_STORED_BODIES: Final = """
    SELECT message_hash FROM message_bodies
    WHERE message_hash IN (SELECT unnest(from_json($1::JSON, '["VARCHAR"]')))
"""
_RUNNING: Final = "SELECT span_id FROM spans WHERE ended_at IS NULL AND status IN ('running', 'interrupted')"
_FORGET_RUNNING: Final = """
    DELETE FROM spans WHERE ended_at IS NULL AND status IN ('running', 'interrupted')
        AND span_id IN (SELECT unnest(from_json($1::JSON, '["VARCHAR"]')))
"""


@dataclass(slots=True)
class Batch:
    """Rows read from bytes `start` to `end` of a segment; of rows with the same key the last one counts."""

    segment: str
    session: str
    start: int
    end: int = 0
    records: int = 0
    skipped: int = 0
    reason: str | None = None
    sealed: bool = False
    rows: dict[str, Keyed] = field(default_factory=dict[str, Keyed])
    started: Keyed = field(default_factory=dict[tuple[Any, ...], Row])

    def __post_init__(self) -> None:
        self.end = self.start

    def skip(self, reason: str) -> None:
        """Counts something that cannot be stored; the store says how many there were, and why for the first."""
        self.skipped += 1
        self.reason = self.reason or reason

    def read(self, record: Mapping[str, Any] | None) -> None:
        """Takes one parsed line; one that does not fit the tables is counted, not stored."""
        given = record or {}
        try:
            self._read(given)
        except (AttributeError, KeyError, TypeError) as error:  # an object where a list belongs, and the like
            self.skip(f"a record has another form than this version's: {error!r}")

    def _read(self, given: Row) -> None:
        header, start, span, row = (_object(given.get(name)) for name in ("segment", "start", "span", "row"))
        if start is not None:
            self._add("spans", start, self.started)
        elif span is not None:
            span, given = _from_first_version(span, given)
            if self._add("spans", span):
                self._add_parts(span, given)
        elif row is not None and given.get("table") in RECORDED:
            self._add(str(given["table"]), row)
        elif header is None:
            self.skip("a line is no record of this version")

    def _add_parts(self, span: Row, parts: Row) -> None:
        span_id, context_id = str(span["span_id"]), span.get("context_id")
        rows: list[tuple[str, Row]] = []
        for digest, body in parts.get("bodies", {}).items():
            rows.append(("message_bodies", body_row(digest, body)))
        if context := parts.get("context"):
            for position, digest in enumerate(context["hashes"], context["from"]):
                row = {"context_id": context_id, "position": position, "message_hash": digest}
                rows.append(("contexts", row))
        for position, digest in enumerate(parts.get("outputs", ())):
            rows.append(("outputs", {"span_id": span_id, "position": position, "message_hash": digest}))
        for number, attempt in enumerate(parts.get("attempts", ())):
            rows.append(("attempts", {"span_id": span_id, "attempt": number} | attempt))
        for linked in parts.get("reads", ()):
            link = {"span_id": span_id, "linked_span_id": linked, "kind": "reads"}
            rows.append(("links", link))
        for table, row in rows:
            self._put(table, row)

    def _add(self, table: str, row: Row, target: Keyed | None = None) -> bool:
        if not row.keys() <= COLUMNS[table].keys() or any(row.get(name) is None for name in REQUIRED[table]):
            self.skip(f"a row of {table} lacks a column that it must have, or has one that the table has not")
            return False
        self.records += 1
        self._put(table, row, target)
        return True

    def _put(self, table: str, row: Row, target: Keyed | None = None) -> None:
        rows = self.rows.setdefault(table, {}) if target is None else target
        rows[tuple(row[name] for name in KEYS.get(table, ("message_hash",)))] = row


def insert(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Brings the batch in and notes how far its segment was read, in one transaction.

    Raises:
        duckdb.Error: the file cannot be written or is damaged. Rows that DuckDB does not take are left out and counted.
    """
    try:
        _insert_all(connection, batch)
    except (duckdb.DataError, duckdb.IntegrityError) as error:
        _leave_out(connection, batch, str(error).split("\n")[0])
        _insert_all(connection, batch)


def _insert_all(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    connection.execute("BEGIN")
    try:
        ended = batch.rows.get("spans", {})
        _insert(connection, "spans", [row for key, row in batch.started.items() if key not in ended])
        _forget_running(connection, {str(key[0]) for key in ended})
        for table, rows in batch.rows.items():
            known = _stored_bodies(connection, rows) if table == "message_bodies" else frozenset[str]()
            _insert(connection, table, [row for key, row in rows.items() if key[0] not in known])
        connection.execute(
            "INSERT INTO segments VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO UPDATE SET "
            "folded_bytes = excluded.folded_bytes, records = records + excluded.records, "
            "skipped = skipped + excluded.skipped, skipped_reason = coalesce(skipped_reason, excluded.skipped_reason), "
            "sealed = excluded.sealed",
            [batch.segment, batch.session, batch.end, batch.records, batch.skipped, batch.reason, batch.sealed],
        )
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _forget_running(connection: duckdb.DuckDBPyConnection, ended: set[str]) -> None:
    """Takes away what was stored of these spans at their start, in an earlier batch."""
    # a fold that did not see the segment with the end may have taken the process for one that died in the span
    running = connection.execute(_RUNNING).fetchall()
    if over := sorted(ended.intersection(str(row[0]) for row in running)):
        connection.execute(_FORGET_RUNNING, [dumps(over)])


def _stored_bodies(connection: duckdb.DuckDBPyConnection, rows: Keyed) -> frozenset[str]:
    given = dumps([key[0] for key in rows])
    return frozenset(str(row[0]) for row in connection.execute(_STORED_BODIES, [given]).fetchall())


def _leave_out(connection: duckdb.DuckDBPyConnection, batch: Batch, reason: str) -> None:
    """Tries every row alone, and takes out those that DuckDB refuses."""
    for table, rows in [("spans", batch.started), *batch.rows.items()]:
        for key, row in list(rows.items()):
            connection.execute("BEGIN")
            try:
                _insert(connection, table, [row])
            except (duckdb.DataError, duckdb.IntegrityError):
                del rows[key]
                batch.records -= table == "spans" or table in RECORDED
                batch.skip(f"a row of {table} was refused: {reason}")
            finally:
                connection.execute("ROLLBACK")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
    if rows:
        connection.execute(_INSERT[table], [utf8(dumps(rows)).decode()])


def _from_first_version(span: Row, given: Row) -> tuple[Row, Row]:
    """A record of a segment of version 1, where every span lists all its messages, as one of this version."""
    messages = given.get("messages")
    if messages is None:
        return span, given
    hashes = messages.get("input", ())
    if hashes:
        span = {**span, "context_id": span["span_id"], "context_length": len(hashes)}
    return span, {**given, "context": {"from": 0, "hashes": hashes}, "outputs": messages.get("output", ())}


def body_row(digest: str, body: Row) -> Row:
    """A message's row; a body that is one text is not stored beside the text."""
    parts: list[dict[str, Any]] = body["parts"]
    text = "".join(part.get("content", "") for part in parts if part.get("type") == "text")
    row = {"message_hash": digest, "role": body["role"], "text": text, "tool_text": _tool_text(parts)}
    if body == {"role": body["role"], "parts": [{"type": "text", "content": text}]}:
        return row
    return row | {"body": body}


def _tool_text(parts: list[dict[str, Any]]) -> str | None:
    """What can be searched of tool calls and their results."""
    said = [
        f"{part.get('name', '')} {dumps(part.get('arguments', part.get('response')))}"
        for part in parts
        if part.get("type") in ("tool_call", "tool_call_response")
    ]
    return "\n".join(said) or None


def _object(value: Any) -> Row | None:
    return cast("Row", value) if isinstance(value, dict) else None
