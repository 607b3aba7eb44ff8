"""History without secrets: what was written already is written anew, in the file and in its journal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from workbench.errors import OptionError
from workbench.traces.batch import body_row
from workbench.traces.encoding import dumps
from workbench.traces.erased import KEPT, ErasedRows
from workbench.traces.erasure import Erasure
from workbench.traces.layout import DERIVED, STORED
from workbench.traces.schema import SCHEMA_VERSION
from workbench.traces.segment import Segment, segments
from workbench.traces.store import Store
from workbench.traces.upkeep.leftovers import holding, leftovers
from workbench.traces.upkeep.rewriting import Progress, attached, rewrite
from workbench.traces.upkeep.segments import erase_in_place, make_final, without_text, write_anew

__all__ = ["Redacted", "redact_history"]

_WAIT_SECONDS: Final = 30.0
_FETCHED: Final = 2_000
_REMEMBERED: Final = 10_000
_TEXTS: Final = ("VARCHAR", "JSON")
_MADE: Final = (
    "CREATE OR REPLACE TEMP TABLE erased (cell VARCHAR, before VARCHAR, after VARCHAR)",
    "CREATE OR REPLACE TEMP TABLE bodies AS FROM old.message_bodies LIMIT 0",
    "CREATE OR REPLACE TEMP TABLE renamed (before VARCHAR, after VARCHAR)",
)


@dataclass(frozen=True, slots=True)
class Redacted:
    """What was cut out of history, or would be.

    Attributes:
        cells: `table.column` -> distinct values that held something.
        segments: how many files of the journal did.
        found_again: files in whose bytes something that was cut out is still found; empty is what one wants.
        unread: files that were left as they are, because this version cannot read them.
        living: sessions whose process lives; it may write again what it still knows.
    """

    cells: Mapping[str, int]
    segments: int
    found_again: tuple[Path, ...] = ()
    unread: tuple[Path, ...] = ()
    living: tuple[str, ...] = ()


def redact_history(
    store: Store, erasure: Erasure, *, dry_run: bool = False, progress: Progress | None = None
) -> Redacted:
    """Cuts texts out of everything that the store holds, and looks for them in the bytes of its files afterwards.

    Every text and JSON column of every table is looked through, save ids; messages get the hash of what is left of
    them. The segments that are kept are written anew; in those to which a living process appends, what is in the store
    already is overwritten in place. A process that is killed on the way leaves a store that can be read; do it again.

    Args:
        store: which; everything journalled is folded in first.
        erasure: what is cut out.
        dry_run: whether only to count.
        progress: called with how many tables are written, of how many.

    Raises:
        OptionError: nothing is to be cut out.
        StoreError: the store stayed busy, or the new file cannot be written.
    """
    if erasure.is_empty:
        raise OptionError("Nothing says what is to be redacted.", hint="--text -, --pattern REGEX or --keys")
    compactor = store.compactor
    store.close()  # this process's own segment is final then
    if not dry_run:
        for segment in segments(compactor.folder):
            make_final(segment)
    store.fold()
    rows, words = ErasedRows(erasure), _Words(erasure)
    with compactor.lock.exclusive(_WAIT_SECONDS):
        with attached(store.path) as connection:
            _choose(connection, rows, words)
            marks = dict(connection.execute("SELECT segment, folded_bytes FROM old.segments").fetchall())
        cells = {cell: count for cell, count in rows.cells.items() if count}
        kept, live = segments(compactor.archive), segments(compactor.folder)
        unread = [one for one in kept + live if one.version > SCHEMA_VERSION]
        held = [one for one in kept + live if one not in unread and words.are_in(one)]
        if not dry_run:
            for segment in held:
                _cut(segment, rows, int(marks.get(segment.name, 0)), is_live=segment in live)
            if cells:
                rewrite(store, lambda connection: _cut_tables(connection, rows), progress)
    again = () if dry_run else tuple(holding(store.path, words.found))
    aside = (one.path for one in unread)
    return Redacted(cells, len(held), again, (*aside, *leftovers(store.path)), tuple({one.session for one in live}))


class _Words:
    """What was found, as it may stand in the bytes of a file."""

    def __init__(self, erasure: Erasure) -> None:
        self._erasure = erasure
        self.found: set[bytes] = set()

    def learn(self, before: Any, after: Any) -> None:
        """Remembers what is in this value and no more in the other, plain and as JSON writes it."""
        left = set(self._in(after))  # ids stay, even where they look like what is cut out
        for word in set(self._in(before)) - left:
            if len(self.found) < _REMEMBERED:
                self.found |= {word.encode(), json.dumps(word, ensure_ascii=False)[1:-1].encode()}

    def _in(self, value: Any) -> Iterator[str]:
        return self._erasure.found(value if isinstance(value, str) else dumps(value))

    def are_in(self, segment: Segment) -> bool:
        """Whether something in this segment is to be cut out."""
        rows = ErasedRows(self._erasure)
        lines = [line for line, _ in segment.lines(0, segment.size)]
        cut = list(without_text(segment, rows))
        if cut == lines:
            return False
        # what is left is looked at as a whole: a line that is no record may be gone
        left = "\n".join(dumps(_loaded(line)) for line in cut)
        self.learn("\n".join(dumps(_loaded(line)) for line in lines), left)
        return True


def _loaded(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line.decode("utf-8", "replace")


def _cut(segment: Segment, rows: ErasedRows, stop: int, *, is_live: bool) -> None:
    if is_live:
        erase_in_place(segment.path, stop, rows, ErasedRows(rows.erasure.brief()))
    else:
        write_anew(segment, without_text(segment, rows))


def _choose(connection: duckdb.DuckDBPyConnection, rows: ErasedRows, words: _Words) -> None:
    """Finds what changes: values of cells and bodies of messages, each distinct one once, and keeps them in tables."""
    for statement in _MADE:
        connection.execute(statement)
    for table, column, kind in _columns():
        changed: list[list[str]] = []
        for before in _distinct(connection, table, column):
            value = json.loads(before) if kind == "JSON" else before
            after = rows.cell(table, column, value)
            if after != value:
                words.learn(value, after)
                changed.append([f"{table}.{column}", before, dumps(after) if kind == "JSON" else after])
        if changed:
            connection.executemany("INSERT INTO erased VALUES (?, ?, ?)", changed)
    found = connection.cursor().execute("SELECT message_hash, body FROM old.messages")
    while fetched := found.fetchmany(_FETCHED):
        for digest, text in fetched:
            before = json.loads(text)
            hash_now, after = rows.body(digest, before)
            if hash_now != digest:
                words.learn(before, after)
                connection.execute("INSERT INTO renamed VALUES (?, ?)", [digest, hash_now])
                row = body_row(hash_now, after)
                body = row.get("body")
                values = [row["message_hash"], row["role"], row["text"], row["tool_text"]]
                connection.execute(
                    "INSERT INTO bodies VALUES (?, ?, ?, ?, ?)", [*values, None if body is None else dumps(body)]
                )


def _columns() -> Iterator[tuple[str, str, str]]:
    """Every column in which something may be found; messages are looked at as a whole."""
    for table, columns in STORED.items():
        for name, kind in columns.items():
            plain = kind.split()[0]
            if table not in {"message_bodies", *DERIVED} and plain in _TEXTS and name not in KEPT:
                yield table, name, plain


def _distinct(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> Iterator[str]:
    words = ["SELECT DISTINCT", f'"{column}"', f"FROM old.{table} WHERE", f'"{column}"', "IS NOT NULL"]
    found = connection.cursor().execute(" ".join(words))
    while fetched := found.fetchmany(_FETCHED):
        for (value,) in fetched:
            yield value


def _cut_tables(connection: duckdb.DuckDBPyConnection, rows: ErasedRows) -> dict[str, str]:
    """The questions for the new tables."""
    _choose(connection, ErasedRows(rows.erasure), _Words(rows.erasure))
    changed = {str(cell) for (cell,) in connection.execute("SELECT DISTINCT cell FROM erased").fetchall()}
    questions: dict[str, str] = {}
    for table, columns in STORED.items():
        cells = {name: f"{table}.{name}" for name in columns if f"{table}.{name}" in changed}
        if cells:
            fields = ", ".join(_field(name, cells.get(name)) for name in columns)
            questions[table] = " ".join(["SELECT", fields, f"FROM old.{table}"])
    for table in ("contexts", "outputs"):
        named = "SELECT item.* REPLACE (coalesce(after, message_hash) AS message_hash)"
        questions[table] = " ".join([named, f"FROM old.{table} AS item LEFT JOIN renamed ON before = message_hash"])
    questions["message_bodies"] = (
        "SELECT DISTINCT ON (message_hash) * FROM (FROM old.message_bodies "
        "WHERE message_hash NOT IN (SELECT before FROM renamed) UNION ALL FROM bodies)"
    )
    return questions


def _field(name: str, cell: str | None) -> str:
    column = f'"{name}"'
    if cell is None:
        return column
    words = ["coalesce((SELECT any_value(after) FROM erased WHERE cell =", f"'{cell}'", "AND before ="]
    return " ".join([*words, f"{column}),", f"{column}) AS {column}"])
