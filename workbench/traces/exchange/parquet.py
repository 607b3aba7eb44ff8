"""Parquet: a file for each relation, with the schema's version in it; what went out comes back exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import duckdb

from workbench.errors import DataError
from workbench.traces.exchange.intake import Intake, Progress
from workbench.traces.exchange.relation_files import bring_in, columns_as, files_of, wanted
from workbench.traces.exchange.source import columns_of, quoted, rows_of, work_connection
from workbench.traces.schema import SCHEMA_URL, SCHEMA_VERSION

__all__ = ["read", "write"]

_SUFFIX: Final = ".parquet"
_VERSION: Final = "workbench_schema_version"
_ROW_GROUP: Final = 20_480  # a group is held in memory as a whole, by who writes it and by who reads it


def write(connection: duckdb.DuckDBPyConnection, path: Path, draft: Path, progress: Progress | None) -> dict[str, int]:
    """Writes the relations that this connection sees.

    Args:
        connection: from `source.opened`.
        path: what the files will be called: `spans.parquet` is that relation alone, another name a folder of all.
        draft: where to write them meanwhile.
        progress: told how many rows are written, of how many.

    Returns:
        relation -> rows.
    """
    counts = {relation: rows_of(connection, relation) for relation in wanted(path)}
    done, total = 0, sum(counts.values())
    options = (
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP}, KV_METADATA "
        f"{{{_VERSION}: '{SCHEMA_VERSION}', schema_url: '{SCHEMA_URL}'}})"
    )
    for relation, count in counts.items():
        target = draft / f"{relation}{_SUFFIX}" if draft.is_dir() else draft
        rows = " ".join(["SELECT", columns_of(relation), "FROM", relation])
        connection.execute(" ".join(["COPY", f"({rows})", "TO", quoted(target), options]))
        done += count
        if progress is not None:
            progress(done, total)
    return counts


def read(path: Path, intake: Intake, scratch: Path, progress: Progress | None) -> None:
    """Brings in a folder of such files, or one of them.

    Args:
        path: the folder or file.
        intake: where the rows go.
        scratch: a folder for what does not fit into memory.
        progress: told how many rows are read, of how many.

    Raises:
        DataError: a file is no Parquet, is cut off, is of a newer version or has other columns than its relation.
    """
    files = files_of(path, _SUFFIX)
    connection = work_connection(scratch)
    try:
        for relation, file in files.items():
            _check_version(connection, file)
            whole = f"read_parquet({quoted(file)})"
            there = connection.execute(" ".join(["DESCRIBE FROM", whole])).fetchall()
            fields = columns_as(relation, (str(row[0]) for row in there), file, 'CAST("{name}" AS {kind})')
            connection.execute(" ".join(["CREATE VIEW", relation, "AS SELECT", fields, "FROM", whole]))
        bring_in(connection, files, intake, progress)
    except duckdb.Error as error:
        raise DataError(
            f"{str(path)!r} cannot be read as Parquet: {str(error).splitlines()[0]}",
            hint="is the file whole? Copy or export it again",
        ) from error
    finally:
        connection.close()


def _check_version(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Refuses files of a newer schema; files that state none may be of any tool, and their columns decide."""
    rows = connection.execute(
        "SELECT key::VARCHAR, value::VARCHAR FROM parquet_kv_metadata($file)", {"file": str(file)}
    )
    stated: dict[str, Any] = dict(rows.fetchall())
    version = str(stated.get(_VERSION, "0"))
    if not version.isdigit() or int(version) > SCHEMA_VERSION:
        raise DataError(
            f"{str(file)!r} has schema version {version}; this workbench reads up to {SCHEMA_VERSION}.",
            hint="pip install --upgrade research-workbench",
        )
