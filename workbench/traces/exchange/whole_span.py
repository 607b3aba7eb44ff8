"""Whole spans: each span with its messages, attempts and links, streamed from relations that are larger than memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import duckdb

from workbench.messages import Json
from workbench.traces.exchange.carried import CARRIED
from workbench.traces.schema import KEYS

__all__ = ["WholeSpan", "decoded", "whole_spans"]

Body = TypeVar("Body")
_FETCHED: Final = 2_000

_ORDER: Final = """
    CREATE OR REPLACE TABLE span_order AS
    SELECT span_id, row_number() OVER (ORDER BY started_at, span_id) AS ordinal FROM spans
"""
_PLACES: Final = """
    SELECT ordinal, direction, message_hash FROM span_messages JOIN span_order USING (span_id)
    ORDER BY ordinal, direction, position
"""
_BODIES: Final = """
    SELECT first_use, last_use, message_hash, body FROM messages JOIN (
        SELECT message_hash, min(ordinal) AS first_use, max(ordinal) AS last_use
        FROM span_messages JOIN span_order USING (span_id) GROUP BY message_hash
    ) USING (message_hash) ORDER BY first_use
"""


@dataclass(slots=True)
class WholeSpan(Generic[Body]):
    """A span as it goes out or comes in.

    Attributes:
        row: columns of `spans`; JSON columns hold values.
        messages: direction -> bodies, in order.
        attempts: rows of `attempts`, without the span's id.
        reads: ids of the spans that it read.
    """

    row: dict[str, Any]
    messages: dict[str, list[Body]] = field(default_factory=dict[str, list[Body]])
    attempts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    reads: list[str] = field(default_factory=list[str])


def whole_spans(connection: duckdb.DuckDBPyConnection, take_body: Callable[[Json], Body]) -> Iterator[WholeSpan[Body]]:
    """All spans of the relations that this connection sees, in the order of their start.

    Everything is read once and in that order. A message is kept from its first use to its last, so that memory holds
    what is talked about at one time, not the whole store.

    Args:
        connection: sees `spans`, `attempts`, `links`, `span_messages` and `messages`.
        take_body: makes of a message's JSON what is wanted of it; called once for each message.
    """
    connection.execute(_ORDER)
    places = _InOrder(connection, "places", _PLACES)
    attempts = _InOrder(connection, "attempts", _of_span("attempts"))
    links = _InOrder(connection, "links", _of_span("links"))
    bodies = _Bodies(_InOrder(connection, "bodies", _BODIES), take_body)
    names = list(CARRIED["spans"])
    for ordinal, *values in _InOrder(connection, "spans", _of_span("spans")).rest():
        span = WholeSpan[Body](decoded("spans", dict(zip(names, values, strict=True))))
        for _, direction, digest in places.take(ordinal):
            if (body := bodies.at(ordinal, digest)) is not None:
                span.messages.setdefault(direction, []).append(body)
        span.attempts = [_named("attempts", row) for row in attempts.take(ordinal)]
        span.reads = [_named("links", row)["linked_span_id"] for row in links.take(ordinal)]
        bodies.forget(ordinal)
        yield span


def decoded(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the texts of its JSON columns as values."""
    kinds = CARRIED[table]
    return {
        name: json.loads(value) if kinds[name] == "JSON" and isinstance(value, str) else value
        for name, value in row.items()
    }


def _of_span(table: str) -> str:
    """The rows of a relation with the number of their span, in that order and then in that of their keys."""
    columns = ", ".join(f'part."{name}"' for name in CARRIED[table])
    order = ", ".join(["ordinal", *(f'part."{name}"' for name in KEYS[table] if name != "span_id")])
    keyed = " ".join(["SELECT ordinal,", columns, "FROM", table, "AS part JOIN span_order USING (span_id)"])
    return " ".join([keyed, "ORDER BY", order])


def _named(table: str, row: tuple[Any, ...]) -> dict[str, Any]:
    pairs = zip(CARRIED[table], row[1:], strict=True)
    return {name: value for name, value in pairs if name != "span_id"}


class _InOrder:
    """The rows of a question whose first column counts up, taken by that number.

    They are sorted into a table of the passing database first: five sorts at once would share the memory.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
        connection.execute(" ".join(["CREATE OR REPLACE TABLE", f"{name}_in_order", "AS", sql]))
        self._cursor = connection.cursor().execute("SET enable_progress_bar = false")
        self._cursor.execute(" ".join(["SELECT * FROM", f"{name}_in_order"]))
        self._rows: list[tuple[Any, ...]] = []
        self._next = 0

    def take(self, ordinal: int) -> Iterator[tuple[Any, ...]]:
        """The rows up to and with this number that were not taken yet."""
        while (row := self._peek()) is not None and row[0] <= ordinal:
            self._next += 1
            yield row

    def rest(self) -> Iterator[tuple[Any, ...]]:
        """All rows that were not taken yet."""
        while (row := self._peek()) is not None:
            self._next += 1
            yield row

    def _peek(self) -> tuple[Any, ...] | None:
        if self._next >= len(self._rows):
            self._rows, self._next = self._cursor.fetchmany(_FETCHED), 0
        return self._rows[self._next] if self._rows else None


class _Bodies(Generic[Body]):
    """Message bodies between their first use and their last."""

    def __init__(self, rows: _InOrder, take_body: Callable[[Json], Body]) -> None:
        self._rows = rows
        self._take_body = take_body
        self._live: dict[str, Body] = {}
        self._ending: dict[int, list[str]] = {}

    def at(self, ordinal: int, digest: str) -> Body | None:
        """The body with this hash; None where the relations lack it."""
        for _, last, name, body in self._rows.take(ordinal):
            self._live[name] = self._take_body(json.loads(body))
            self._ending.setdefault(last, []).append(name)
        return self._live.get(digest)

    def forget(self, ordinal: int) -> None:
        """Drops what is not used after this span."""
        for name in self._ending.pop(ordinal, ()):
            self._live.pop(name, None)
