"""The log of the command-line tool `llm`: its SQLite file, in the schema of today (`turns`) and of older versions.

Each turn or response becomes a `chat` span of its conversation. The file is only read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

from workbench.errors import DataError
from workbench.messages import Json, Message
from workbench.traces.exchange.identity import span_id_of, trace_id_of
from workbench.traces.exchange.intake import Intake, Progress
from workbench.traces.exchange.json_shapes import moment, object_of
from workbench.traces.exchange.llm_messages import Chains, Histories
from workbench.traces.exchange.whole_span import WholeSpan

__all__ = ["read"]

Row: TypeAlias = Mapping[str, Any]


def read(path: Path, intake: Intake, scratch: Path, progress: Progress | None) -> None:
    """Brings in such a log.

    Args:
        path: `logs.db`; `llm logs path` says where it is.
        intake: where the spans go.
        scratch: not needed here.
        progress: told how many calls are read, of how many.

    Raises:
        DataError: it is an SQLite file of another kind, or damaged.
    """
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            known = tables & {"turns", "responses"}
            if not known:
                raise DataError(
                    f"{str(path)!r} is an SQLite file, but no log of llm: it has no turns and no responses."
                )
            total = sum(connection.execute(_COUNTS[table]).fetchone()[0] for table in known)
            for done, span in enumerate(_spans(connection, tables), 1):
                intake.span(span)
                if progress is not None and (done % 100 == 0 or done == total):
                    progress(done, total)
    except sqlite3.Error as error:
        raise DataError(f"{str(path)!r} cannot be read as the log of llm: {error}.") from error


_COUNTS: Final = {"turns": "SELECT count(*) FROM turns", "responses": "SELECT count(*) FROM responses"}


def _spans(connection: sqlite3.Connection, tables: set[str]) -> Iterator[WholeSpan[Message]]:
    if "turns" in tables:
        chains = Chains(connection)
        for row in connection.execute("SELECT * FROM turns ORDER BY id"):
            read_messages = chains.messages(row["parent_message_hash"], None)
            wrote = chains.messages(row["tip_message_hash"], row["parent_message_hash"])
            yield _span(dict(row), row["thread_id"], read_messages, wrote)
    if "responses" in tables:
        histories = Histories(connection, tables)
        for row in connection.execute("SELECT * FROM responses ORDER BY datetime_utc, id"):
            given = dict(row)
            yield _span(given, given.get("conversation_id"), *histories.messages(given))


def _span(row: Row, conversation: str | None, said: list[Message], wrote: list[Message]) -> WholeSpan[Message]:
    details = _object(row.get("token_details"))
    started_at = moment(row["datetime_utc"])
    duration_ms = row.get("duration_ms")
    kept: dict[str, Json] = {"llm.id": row["id"]}
    kept |= {f"gen_ai.request.{name}": value for name, value in _object(row.get("options_json")).items()}
    if details:
        kept["llm.token_details"] = dict(details)
    columns: dict[str, Any] = {
        "span_id": span_id_of("llm", row["id"]),
        "trace_id": trace_id_of("llm", row["id"]),
        "name": f"chat {row['model']}",
        "operation": "chat",
        "status": "ok",
        "started_at": started_at,
        "ended_at": None
        if started_at is None or duration_ms is None
        else started_at + timedelta(milliseconds=duration_ms),
        "duration_ms": duration_ms,
        "model": row["model"],
        "response_model": row.get("resolved_model"),
        "conversation": conversation,
        "input_tokens": row.get("input_tokens"),
        "output_tokens": row.get("output_tokens"),
        "cache_read_tokens": _count(details, "prompt_tokens_details", "cached_tokens"),
        "reasoning_tokens": _count(details, "completion_tokens_details", "reasoning_tokens"),
        "cost_reason": "llm records no cost",
        "instrumentation": "llm",
        "attributes": kept,
    }
    return WholeSpan(columns, {way: given for way, given in (("input", said), ("output", wrote)) if given})


def _count(details: Mapping[str, Json], group: str, name: str) -> int | None:
    """A count of the details, which some plugins put into a group and others do not."""
    found: Json = object_of(details.get(group)).get(name, details.get(name))
    return found if isinstance(found, int) else None


def _object(text: str | None) -> Mapping[str, Json]:
    try:
        return {} if text is None else object_of(json.loads(text))
    except ValueError:
        return {}
