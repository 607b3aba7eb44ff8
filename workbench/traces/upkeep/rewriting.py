"""Rewriting: the store's file is built anew beside the old one, read through, and then takes its place in one step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import duckdb

from workbench.errors import StoreError
from workbench.traces.database import open_database, write_ahead_log
from workbench.traces.layout import BLOCK_BYTES, DEFINITIONS, DERIVED, FILE_VERSION, STORED, TABLES
from workbench.traces.store import Store
from workbench.traces.text_index import index_texts

__all__ = ["Progress", "Rewritten", "attached", "draft_path", "rewrite"]

Progress: TypeAlias = Callable[[int, int], None]  # how much is done, of how much
Questions: TypeAlias = Callable[[duckdb.DuckDBPyConnection], Mapping[str, str]]

# A connection that reads and writes two files; SQL from outside never reaches it.
_SETTINGS: Final[dict[str, str]] = {
    "memory_limit": "1GB",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
}
_FORM: Final = f"(BLOCK_SIZE {BLOCK_BYTES}, STORAGE_VERSION '{FILE_VERSION}')"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What a rewriting did.

    Attributes:
        bytes_before: of the file.
        bytes_after: of the file.
        rows: table -> rows in the new file.
    """

    bytes_before: int
    bytes_after: int
    rows: Mapping[str, int]


def draft_path(store: Path) -> Path:
    """Where the new file grows; one that is there outside a rewriting was left by a killed process."""
    return store.with_name(store.name + ".rewriting")


def rewrite(store: Store, questions: Questions, progress: Progress | None = None) -> Rewritten:
    """Builds the file anew from questions to the old one. The caller holds the store's lock alone.

    A process that is killed on the way leaves the old file as it was, or the new one whole: the only step that changes
    the store is a rename.

    Args:
        store: its file is there, with the tables of this version.
        questions: is given a connection on which the old tables are `old.TABLE`; gives for some tables the question
            whose rows the new table takes. All other tables are copied.
        progress: called with how many tables are written, of how many.

    Raises:
        StoreError: the new file does not hold what it should, or cannot be written; the old one is in place then.
    """
    draft = draft_path(store.path)
    before = store.path.stat().st_size
    _remove(draft)
    try:
        with attached(store.path) as connection:
            asked = questions(connection)
            connection.execute(" ".join(["ATTACH", quoted(draft), "AS new", _FORM]))
            connection.execute("USE new")
            connection.execute("BEGIN")
            for statement in DEFINITIONS.values():
                connection.execute(statement)
            rows: dict[str, int] = {}
            for number, table in enumerate(TABLES):
                if table not in DERIVED:
                    rows[table] = _fill(connection, table, asked.get(table))
                if progress is not None:
                    progress(number + 1, len(TABLES))
            connection.execute("COMMIT")
            index_texts(connection)
            connection.execute("CHECKPOINT new")
            connection.execute("USE memory")
            connection.execute("DETACH new")
        _require_rows(draft, rows)
        _sync(draft)
        after = draft.stat().st_size
        if write_ahead_log(store.path).exists():  # it would be taken for the new file's
            raise StoreError(
                f"The store {str(store.path)!r} has changes in {str(write_ahead_log(store.path))!r}; nothing was done."
            )
        draft.replace(store.path)
        _sync(store.path.parent)
    except duckdb.Error as error:
        raise StoreError(
            f"The store {str(store.path)!r} could not be rewritten and is as it was: {error}",
            hint="is the disk full? A new file as large as the old one is needed beside it",
        ) from error
    finally:
        _remove(draft)
    return Rewritten(before, after, rows)


@contextmanager
def attached(store: Path) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection on which the tables of this file are `old.TABLE`, for reading; the caller holds the store's lock."""
    open_database(store).close()  # carries an older version forward and takes in what a killed process left beside it
    connection = duckdb.connect(":memory:", config={**_SETTINGS, "temp_directory": str(_scratch(store))})
    try:
        connection.execute(" ".join(["ATTACH", quoted(store), "AS old (READ_ONLY)"]))
        yield connection
    finally:
        connection.close()
        shutil.rmtree(_scratch(store), ignore_errors=True)


def quoted(path: Path) -> str:
    """The path as an SQL string."""
    return "'" + str(path).replace("'", "''") + "'"


def _fill(connection: duckdb.DuckDBPyConnection, table: str, question: str | None) -> int:
    columns = ", ".join(f'"{name}"' for name in STORED[table])
    from_old = " ".join(["SELECT", columns, f"FROM old.{table}"])
    connection.execute(" ".join(["INSERT INTO", f"new.{table}", "BY NAME", question or from_old]))
    counted = connection.execute(" ".join(["SELECT count(*) FROM", f"new.{table}"])).fetchone()
    return int(counted[0]) if counted else 0


def _require_rows(draft: Path, rows: Mapping[str, int]) -> None:
    """Reads all of the new file once, as the next reader will."""
    connection = open_database(draft)
    try:
        for table, expected in rows.items():
            found = connection.execute(" ".join(["SELECT count(*), sum(hash(item)) FROM", table, "AS item"])).fetchone()
            if not found or found[0] != expected:
                raise StoreError(f"The new file holds {found and found[0]} rows of {table}, not {expected}.")
    finally:
        connection.close()


def _remove(draft: Path) -> None:
    draft.unlink(missing_ok=True)
    write_ahead_log(draft).unlink(missing_ok=True)


def _scratch(store: Path) -> Path:
    """A folder for what does not fit into memory."""
    return store.with_name(store.name + ".rewriting.tmp")


def _sync(path: Path) -> None:
    """What is at this path is on the disk after it, also after a power cut; folders cannot be synced on Windows."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
