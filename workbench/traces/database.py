"""The DuckDB file: opened briefly, under the store's lock, by nobody else."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from workbench.errors import StoreError
from workbench.traces.journal import StoreWarning
from workbench.traces.layout import BLOCK_BYTES, FILE_VERSION, TABLES
from workbench.traces.migrations import create, migrate
from workbench.traces.schema import SCHEMA, SCHEMA_URL, SCHEMA_VERSION

__all__ = ["check_version", "is_sound", "move_aside", "open_database", "write_ahead_log"]

# SQL from outside reads tables and nothing else: no files, no network, no Python variables.
_SETTINGS: Final[dict[str, str]] = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "lock_configuration": "true",
    "checkpoint_threshold": "256MB",
    "default_block_size": str(BLOCK_BYTES),
    "storage_compatibility_version": FILE_VERSION,
}
# In a notebook DuckDB would draw a bar into whichever cell runs while the store is folded.
_QUIET: Final = "PRAGMA disable_progress_bar"


def open_database(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """The store's file, with the tables of this version in it.

    Args:
        path: made if missing, unless read-only.
        read_only: for questions; the tables must be there.

    Raises:
        StoreError: the file was written by a newer workbench or a newer DuckDB, or cannot be opened.
        duckdb.Error: it is damaged, as far as DuckDB can tell.
    """
    is_new = not path.exists()
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=dict(_SETTINGS))
    except duckdb.Error as error:
        if is_new:
            path.unlink(missing_ok=True)  # a piece of a file, which the next one would take for a damaged store
        if (explained := _explained(path, str(error), is_new=is_new)) is None:
            raise
        raise explained from None
    try:
        connection.execute(_QUIET)
        if read_only:
            check_version(path, connection)
        else:
            _prepare(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def check_version(path: Path, connection: duckdb.DuckDBPyConnection) -> int:
    """The version of the tables in this file; 0 where there are none.

    Raises:
        StoreError: they are newer than this workbench.
    """
    known = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'store_info'").fetchone()
    if not known or not known[0]:
        return 0
    row = connection.execute("SELECT max(schema_version) FROM store_info").fetchone()
    version = int(row[0]) if row and row[0] is not None else 0
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"The store {str(path)!r} has schema version {version}; this workbench reads up to {SCHEMA_VERSION}. "
            "Nothing in it was changed.",
            hint="pip install --upgrade research-workbench, or use another file: WORKBENCH_STORE=/path/to/new.duckdb",
            kind="newer",
        )
    return version


def write_ahead_log(path: Path) -> Path:
    """Where DuckDB keeps changes that are not in the file yet."""
    return path.with_name(path.name + ".wal")


def is_sound(path: Path) -> bool:
    """Whether every row of the file can be read; called when something went wrong, under the exclusive lock."""
    try:
        connection = open_database(path)
    except duckdb.Error:
        return False
    try:
        for table in {*SCHEMA, *TABLES}:
            connection.execute(" ".join(["SELECT sum(hash(item)) FROM", table, "AS item"])).fetchall()
    except duckdb.Error:
        return False
    finally:
        connection.close()
    return True


def move_aside(path: Path, reason: str) -> Path:
    """Renames a damaged store, with its write-ahead log, so that nothing in it is lost; says where it went."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    path.rename(aside)
    log = write_ahead_log(path)
    if log.exists():
        log.rename(aside.with_name(aside.name + ".wal"))
    warnings.warn(
        f"The trace store {str(path)!r} is damaged ({reason}). It was moved to {str(aside)!r} and is being rebuilt "
        "from the segments that its journal still keeps; older rows are only in the moved file.",
        StoreWarning,
        stacklevel=2,
    )
    return aside


def _prepare(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    version = check_version(path, connection)
    if version == SCHEMA_VERSION:
        return
    if version == 0 and connection.execute("SELECT 1 FROM duckdb_tables() LIMIT 1").fetchone():
        raise StoreError(
            f"The DuckDB database {str(path)!r} holds other tables and no traces; nothing in it was changed.",
            hint="name a file of its own for the store, such as traces.duckdb",
            kind="foreign",
        )
    connection.execute("BEGIN")
    if version == 0:
        create(connection)
    else:
        try:
            migrate(connection, version)
        except (duckdb.ProgrammingError, duckdb.DataError, duckdb.IntegrityError) as error:
            raise StoreError(
                f"The store {str(path)!r} says it has schema version {version}, but its tables are not: {error}. "
                "Nothing in it was changed.",
                hint="use another file: WORKBENCH_STORE=/path/to/new.duckdb",
            ) from None
    now = datetime.now(UTC).replace(tzinfo=None)
    made = connection.execute("SELECT coalesce(min(created_at), $1) FROM store_info", [now]).fetchone()
    connection.execute("DELETE FROM store_info")
    connection.execute("INSERT INTO store_info VALUES (?, ?, ?)", [SCHEMA_VERSION, SCHEMA_URL, *(made or (now,))])
    connection.execute("COMMIT")


def _explained(path: Path, text: str, *, is_new: bool) -> StoreError | None:
    """What a failed opening means, where it does not mean damage."""
    if "version number" in text:
        return StoreError(
            f"The store {str(path)!r} was written by a DuckDB that this one ({duckdb.__version__}) cannot read: {text}",
            hint="pip install --upgrade research-workbench, or use another file: WORKBENCH_STORE=/path/to/new.duckdb",
            kind="newer",
        )
    if "lock on file" in text or "different configuration" in text:
        return StoreError(
            f"The store {str(path)!r} is open elsewhere without the workbench's lock: {text}",
            hint="close the other DuckDB connection to it, and read the store through workbench.traces.query",
            kind="open_elsewhere",
        )
    if "Cannot open file" in text or "No space left" in text or is_new:
        return StoreError(
            f"The store {str(path)!r} cannot be opened: {text}",
            hint="is the disk full? Else choose a file in a folder that you can write: "
            "WORKBENCH_STORE=/path/to/traces.duckdb",
            kind="unreadable",
        )
    return None
