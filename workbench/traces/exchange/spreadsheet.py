"""CSV: a file for each relation, for spreadsheets, in which no cell can be a formula; it comes back exactly.

An empty cell is a missing value. A text that begins with `=`, `+`, `-`, `@`, a tab or a line break, which a spreadsheet
may run as a formula, gets an apostrophe before it, and so does an empty text. To keep this unambiguous, a text of the
same kind behind apostrophes gets one more. Reading takes one off.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import duckdb

from workbench.errors import DataError
from workbench.traces.exchange.carried import CARRIED
from workbench.traces.exchange.intake import Intake, Progress
from workbench.traces.exchange.relation_files import bring_in, columns_as, files_of, wanted
from workbench.traces.exchange.source import quoted, rows_of, work_connection

__all__ = ["read", "write"]

_SUFFIX: Final = ".csv"
_TEXTS: Final = ("VARCHAR", "JSON")
_LONGEST_LINE: Final = 16 << 20
_AS_CELL: Final = (
    """CASE WHEN regexp_matches("{name}"::VARCHAR, '^''*([-=+@\\t\\r\\n]|$)') """
    """THEN '''' || "{name}"::VARCHAR ELSE "{name}"::VARCHAR END"""
)
_FROM_CELL: Final = (
    """CASE WHEN regexp_matches("{name}", '^''+([-=+@\\t\\r\\n]|$)') THEN substr("{name}", 2) ELSE "{name}" END"""
)


def write(connection: duckdb.DuckDBPyConnection, path: Path, draft: Path, progress: Progress | None) -> dict[str, int]:
    """Writes the relations that this connection sees.

    Args:
        connection: from `source.opened`.
        path: what the files will be called: `spans.csv` is that relation alone, another name a folder of all.
        draft: where to write them meanwhile.
        progress: told how many rows are written, of how many.

    Returns:
        relation -> rows.
    """
    counts = {relation: rows_of(connection, relation) for relation in wanted(path)}
    done, total = 0, sum(counts.values())
    for relation, count in counts.items():
        target = draft / f"{relation}{_SUFFIX}" if draft.is_dir() else draft
        cells = ", ".join(
            f'{_AS_CELL.format(name=name) if kind in _TEXTS else _quoted_name(name)} AS "{name}"'
            for name, kind in CARRIED[relation].items()
        )
        rows = " ".join(["SELECT", cells, "FROM", relation])
        connection.execute(" ".join(["COPY", f"({rows})", "TO", quoted(target), "(FORMAT csv, HEADER, NULLSTR '')"]))
        done += count
        if progress is not None:
            progress(done, total)
    return counts


def read(path: Path, intake: Intake, scratch: Path, progress: Progress | None) -> None:
    """Brings in a folder of such files, or one of them; commas or semicolons part the cells.

    Args:
        path: the folder or file.
        intake: where the rows go.
        scratch: a folder for what does not fit into memory.
        progress: told how many rows are read, of how many.

    Raises:
        DataError: a file has other columns than its relation, or a cell is not of its column's type.
    """
    files = files_of(path, _SUFFIX)
    connection = work_connection(scratch)
    try:
        for relation, file in files.items():
            cells, delimiter = _heading(file)
            fields = columns_as(relation, cells, file, f"CAST({_FROM_CELL} AS {{kind}})")
            shape = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in cells) + "}"
            longest = min(_LONGEST_LINE, file.stat().st_size + 1)  # DuckDB takes a buffer of that size at once
            lines = (
                f"read_csv({quoted(file)}, auto_detect = false, header = true, columns = {shape}, quote = '\"', "
                f"escape = '\"', delim = '{delimiter}', nullstr = '', parallel = false, "
                f"max_line_size = {longest}, buffer_size = {2 * longest})"
            )
            # a table, so that every cell is looked at before anything is written
            connection.execute(" ".join(["CREATE TABLE", relation, "AS SELECT", fields, "FROM", lines]))
        bring_in(connection, files, intake, progress)
    except duckdb.Error as error:
        said = " ".join(str(error).split())
        raise DataError(f"{str(path)!r} cannot be read as CSV: {said[:300]}") from error
    finally:
        connection.close()


def _heading(file: Path) -> tuple[list[str], str]:
    """The names in the first line, and what parts them."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            line = lines.readline()
    except UnicodeDecodeError as error:
        raise DataError(f"{str(file)!r} is not in UTF-8: {error}.") from error
    delimiter = max(",;\t", key=line.count)
    names = list(csv.reader([line], delimiter=delimiter))
    return (names[0] if names else []), delimiter


def _quoted_name(name: str) -> str:
    return f'"{name}"'
