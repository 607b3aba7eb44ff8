"""Relation files: a folder with a file for each relation, or one such file, and how their rows come into the store."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import duckdb

from workbench.errors import DataError, nearest
from workbench.messages import Json, Message
from workbench.traces.exchange.carried import CARRIED
from workbench.traces.exchange.intake import Intake, Progress
from workbench.traces.exchange.message_body import as_message
from workbench.traces.exchange.source import rows_of
from workbench.traces.exchange.whole_span import decoded, whole_spans
from workbench.traces.schema import RECORDED, REQUIRED

__all__ = ["bring_in", "columns_as", "files_of", "wanted"]

_FETCHED: Final = 2_000
_OF_SPANS: Final = ("spans", "attempts", "span_messages", "messages", "links")


def wanted(path: Path) -> tuple[str, ...]:
    """The relations that go to this path: the one that it is named after, else all."""
    return (path.stem,) if path.stem in CARRIED else tuple(CARRIED)


def files_of(path: Path, suffix: str) -> dict[str, Path]:
    """relation -> its file, in this folder; a file alone is the relation that it is named after.

    Raises:
        DataError: no file is named after a relation.
    """
    files = [path] if path.is_file() else sorted(path.glob(f"*{suffix}"))
    found = {file.stem: file for file in files if file.stem in CARRIED}
    if not found:
        names = ", ".join(CARRIED)
        meant = nearest(path.stem, CARRIED) if path.is_file() else ""
        raise DataError(
            f"No file of {str(path)!r} is named after a relation of the store ({names}). {meant}".rstrip(),
            hint=f"call the file spans{suffix}, or whatever it holds",
        )
    return found


def columns_as(relation: str, there: Iterable[str], file: Path, cast: str) -> str:
    """The relation's columns in their types, of a file that has these ones; NULL where an older version lacked one.

    Args:
        relation: whose columns.
        there: the file's columns.
        file: named in the errors.
        cast: SQL that makes a value of type `{kind}` of the column `{name}`.

    Raises:
        DataError: the file has a column that the relation has not, or lacks one that it must have.
    """
    given, columns = set(there), CARRIED[relation]
    if unknown := sorted(given - columns.keys()):
        known = ", ".join(columns)
        raise DataError(f"{str(file)!r} has columns that {relation} has not: {', '.join(unknown)}. It has {known}.")
    if missing := sorted(REQUIRED[relation] - given):
        raise DataError(f"{str(file)!r} lacks columns that {relation} must have: {', '.join(missing)}.")
    return ", ".join(
        f'{cast.format(name=name, kind=kind) if name in given else f"NULL::{kind}"} AS "{name}"'
        for name, kind in columns.items()
    )


def bring_in(
    connection: duckdb.DuckDBPyConnection, given: Iterable[str], intake: Intake, progress: Progress | None
) -> None:
    """Takes all rows of the relations that this connection sees.

    Args:
        connection: sees the `given` relations; those of spans that are not given are made empty.
        given: names of relations.
        intake: where they go.
        progress: told how many spans and other rows were read, of how many.
    """
    names = list(given)
    total = sum(rows_of(connection, name) for name in names if name == "spans" or name in RECORDED)
    done = 0
    if "spans" in names:
        for name in _OF_SPANS:
            if name not in names:
                fields = ", ".join(f'"{column}" {kind}' for column, kind in CARRIED[name].items())
                connection.execute(" ".join(["CREATE TABLE", name, f"({fields})"]))
        for span in whole_spans(connection, _message):
            intake.span(span)
            done += 1
            if progress is not None and done % _FETCHED == 0:
                progress(done, total)
    for name in (name for name in names if name not in _OF_SPANS):
        rows = connection.cursor().execute(" ".join(["SELECT * FROM", name]))
        while fetched := rows.fetchmany(_FETCHED):
            for values in fetched:
                intake.row(name, decoded(name, dict(zip(CARRIED[name], values, strict=True))))
            done += len(fetched)
            if progress is not None:
                progress(done, total)
    if progress is not None:
        progress(total, total)
    if "spans" not in names and (lost := [name for name in names if name in _OF_SPANS]):
        intake.skip(
            f"rows of {', '.join(lost)} need the file of spans beside them",
            sum(rows_of(connection, name) for name in lost),
        )


def _message(body: Json) -> Message:
    return as_message(body)
