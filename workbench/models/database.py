"""A small SQLite file beside the trace store, which many processes and threads write at once."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

__all__ = ["Database", "beside_store"]

_BUSY_SECONDS: Final = 10.0


def beside_store(store: Path, what: str) -> Path:
    """The file for this purpose that belongs to a trace store.

    Example:
        >>> beside_store(Path("traces.duckdb"), "cache").name
        'traces.duckdb.cache.sqlite3'
    """
    return store.with_name(f"{store.name}.{what}.sqlite3")


@final
class Database:
    """One connection a process, made at first use and anew after a fork; statements of threads take turns.

    It keeps a write-ahead log: readers do not wait for a writer, and a killed process leaves either all of a
    transaction or none. What was committed survives the process; the last moments may not survive power loss.

    Args:
        path: the file; its folder is made.
        schema: statements that make the tables where they are missing.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._schema = schema
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._process = -1

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """The connection, for statements that only read.

        Raises:
            sqlite3.Error: the file is damaged, locked for too long, or cannot be opened.
            OSError: its folder cannot be made.
        """
        with self._lock:
            yield self._opened()

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """A transaction that holds the write lock from its beginning, so that what it reads stays true.

        Raises:
            sqlite3.Error: the file is damaged, locked for too long, or cannot be written.
            OSError: its folder cannot be made.
        """
        with self._lock:
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Closes the connection; the next use opens it again."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and self._process == os.getpid():
            return self._connection
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=32
        )
        try:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts only before the first table
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(self._schema)
        except sqlite3.Error:
            connection.close()
            raise
        self._connection, self._process = connection, os.getpid()
        return connection
