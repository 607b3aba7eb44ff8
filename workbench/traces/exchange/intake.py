"""The intake: rows from elsewhere go into the store through its journal, each of them once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from workbench.messages import Message
from workbench.traces.encoding import dumps
from workbench.traces.exchange.whole_span import WholeSpan
from workbench.traces.row import checked
from workbench.traces.schema import COLUMNS, KEYS, RECORDED, REQUIRED
from workbench.traces.span import OpenSpan
from workbench.traces.store import Store

__all__ = ["Imported", "Intake", "Progress"]

Progress: TypeAlias = Callable[[int, int], None]  # how much is done, of how much

_WAITING: Final = 10_000  # asking which are there folds what was written before, so it should be seldom
_REASONS: Final = 20


@dataclass(frozen=True, slots=True)
class Imported:
    """What one import did.

    Attributes:
        rows: table -> rows that were written.
        already_there: table -> rows that were left out, because the store or the file has one with the same key.
        skipped: reason -> how many lines or rows could not be read, for the first 20 reasons.
    """

    rows: dict[str, int] = field(default_factory=dict[str, int])
    already_there: dict[str, int] = field(default_factory=dict[str, int])
    skipped: dict[str, int] = field(default_factory=dict[str, int])


class Intake:
    """Takes spans and rows, and writes those that the store does not have.

    They are written in pieces: the store is asked which rows of a piece it has, and the others are appended to the
    journal, without keys like everything else. An import that is cut short leaves whole spans; done again, it brings
    the rest. Of a span that was still running when its file was written only the end would be missing for ever, so it
    is left out and counted; a run that the store has without its end is replaced by the same run with it.

    Args:
        store: where they go.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._spans: dict[str, WholeSpan[Message]] = {}
        self._rows: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
        self._done = Imported()

    def span(self, given: WholeSpan[Message]) -> None:
        """Takes a span; one that does not fit the table is counted as skipped."""
        row = self._fitting("spans", given.row)
        if row is None:
            return
        if row["status"] == "running":
            self.skip("a span was still running when the file was written")
            return
        try:
            attempts = [checked("attempts", attempt) for attempt in given.attempts]
        except TypeError as error:
            self.skip(str(error))
            return
        if row["span_id"] in self._spans:
            _count(self._done.already_there, "spans")
            return
        self._spans[row["span_id"]] = WholeSpan(row, given.messages, attempts, given.reads)
        if len(self._spans) >= _WAITING:
            self._write_spans()

    def row(self, table: str, given: Mapping[str, Any]) -> None:
        """Takes a row of a table that is not about spans; one that does not fit is counted as skipped."""
        row = self._fitting(table, given)
        if row is None:
            return
        waiting = self._rows.setdefault(table, {})
        key = tuple(row[name] for name in KEYS[table])
        if key in waiting:
            _count(self._done.already_there, table)
            return
        waiting[key] = row
        if len(waiting) >= _WAITING:
            self._write_rows(table)

    def skip(self, reason: str, count: int = 1) -> None:
        """Counts lines or rows that cannot be read."""
        skipped = self._done.skipped
        _count(skipped, reason if reason in skipped or len(skipped) < _REASONS else "other reasons", count)

    def finish(self) -> Imported:
        """Writes what is waiting and folds it into the file."""
        self._write_spans()
        for table in list(self._rows):
            self._write_rows(table)
        self._store.fold()
        return self._done

    def _fitting(self, table: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """The row as it goes into the table; None where it does not, which is counted."""
        if table != "spans" and table not in RECORDED:
            self.skip(f"the table {table!r} takes no rows from elsewhere")
            return None
        try:
            row = checked(table, given)
        except TypeError as error:
            self.skip(str(error))
            return None
        if missing := sorted(name for name in REQUIRED[table] if row.get(name) is None):
            self.skip(f"a row of {table} has no {', '.join(missing)}")
            return None
        return row

    def _write_spans(self) -> None:
        spans, self._spans = self._spans, {}
        if not spans:
            return
        known = self._store.query(
            "SELECT span_id FROM spans WHERE span_id IN (SELECT unnest($ids::VARCHAR[]))", ids=list(spans)
        )
        there = set(known["span_id"])
        for span_id, span in spans.items():
            if span_id in there:
                _count(self._done.already_there, "spans")
                continue
            messages = {direction: list(given) for direction, given in span.messages.items()}
            opened = OpenSpan(span.row, 0.0, messages=messages, attempts=span.attempts, reads=span.reads)
            self._store.append_span(opened)
            _count(self._done.rows, "spans")
            _count(self._done.rows, "span_messages", sum(map(len, messages.values())))
            _count(self._done.rows, "attempts", len(span.attempts))
            _count(self._done.rows, "links", len(span.reads))

    def _write_rows(self, table: str) -> None:
        rows, self._rows[table] = self._rows[table], {}
        if not rows:
            return
        keys = KEYS[table]
        asked = dumps([dict(zip(keys, key, strict=True)) for key in rows])
        shape = dumps([{name: COLUMNS[table][name] for name in keys}])
        known = self._store.query(_which_are_there(table), asked=asked, shape=shape)
        there = set(known.iter_rows())
        if table == "runs":
            unended = self._store.query("SELECT run_id FROM runs WHERE ended_at IS NULL")
            there -= {key for key in unended.iter_rows() if key in rows and rows[key].get("ended_at") is not None}
        for key, row in rows.items():
            if key in there:
                _count(self._done.already_there, table)
                continue
            self._store.append({"table": table, "row": row})
            _count(self._done.rows, table)


def _which_are_there(table: str) -> str:
    """Asks which of the keys in the JSON text `$asked` the table has."""
    keys = ", ".join(f'"{name}"' for name in KEYS[table])
    given = "(SELECT unnest(from_json($asked::JSON, $shape), recursive := true))"
    return " ".join(["SELECT", keys, "FROM", given, "SEMI JOIN", table, f"USING ({keys})"])


def _count(counts: dict[str, int], name: str, number: int = 1) -> None:
    if number:
        counts[name] = counts.get(name, 0) + number
