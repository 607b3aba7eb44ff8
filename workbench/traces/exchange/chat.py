"""Chat-JSONL: one line a call, in the shape that fine-tuning takes: `{"messages": […], "tools": […]}`."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import duckdb

from workbench.errors import DataError
from workbench.messages import Json, Message
from workbench.traces.encoding import canonical, dumps
from workbench.traces.exchange.chat_line import from_chat, to_chat, tools_from_chat, tools_to_chat
from workbench.traces.exchange.identity import span_id_of, trace_id_of
from workbench.traces.exchange.intake import Intake, Progress
from workbench.traces.exchange.json_lines import objects
from workbench.traces.exchange.message_body import as_message
from workbench.traces.exchange.source import rows_of
from workbench.traces.exchange.whole_span import WholeSpan, whole_spans

__all__ = ["read", "write"]

_OPERATIONS: Final = ("chat", "generate_content")
_DEFINITIONS: Final = "gen_ai.tool.definitions"


def write(connection: duckdb.DuckDBPyConnection, path: Path, draft: Path, progress: Progress | None) -> dict[str, int]:
    """Writes the successful calls that fit the filters: what was asked and, last, what was answered.

    Calls that said the same are written once. Calls inside calls and calls without messages are left out.

    Args:
        connection: from `source.opened`.
        path: what the file will be called.
        draft: where to write it meanwhile.
        progress: told how many calls were looked at, of how many.

    Returns:
        `lines`, and how many `duplicates` were left out.
    """
    done, total = 0, rows_of(connection, "fitting")
    fitting = {row[0] for row in connection.execute("SELECT span_id FROM fitting").fetchall()}
    counts = {"lines": 0, "duplicates": 0}
    seen: set[bytes] = set()
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        for span in whole_spans(connection, as_message):
            if span.row["span_id"] not in fitting:
                continue
            done += 1
            if progress is not None and done % 1000 == 0:
                progress(done, total)
            if (line := _line(span)) is None:
                continue
            digest = hashlib.sha256(canonical(line).encode("utf-8", "surrogatepass")).digest()
            counts["duplicates" if digest in seen else "lines"] += 1
            if digest not in seen:
                seen.add(digest)
                file.write(dumps(line) + "\n")
    if progress is not None:
        progress(total, total)
    return counts


def read(path: Path, intake: Intake, scratch: Path, progress: Progress | None) -> None:
    """Brings in such a file: each line becomes a `chat` span whose last message, if it is the model's, is its output.

    Such lines say nothing of time: the spans start at the moment of the import and have no end, no tokens and no cost.
    `workbench.imported.*` in their attributes says where they are from. A line that is there already, by its content,
    is not taken again.

    Args:
        path: the file.
        intake: where the spans go.
        scratch: not needed here.
        progress: told how many bytes are read, of how many.
    """
    now = datetime.now(UTC)
    for number, line in objects(path, intake, progress):
        try:
            intake.span(_span(line, path.name, number, now))
        except (DataError, AttributeError, TypeError, ValueError) as error:
            intake.skip(f"a line is no chat: {error}")


def _line(span: WholeSpan[Message]) -> dict[str, Json] | None:
    said, answered = span.messages.get("input"), span.messages.get("output")
    if span.row["operation"] not in _OPERATIONS or span.row["status"] != "ok" or not said or not answered:
        return None
    line: dict[str, Json] = {"messages": [turn for message in (*said, *answered) for turn in to_chat(message)]}
    kept: Json = span.row.get("attributes")
    tools = tools_to_chat(cast("dict[str, Json]", kept).get(_DEFINITIONS) if isinstance(kept, dict) else None)
    return line | ({"tools": tools} if tools else {})


def _span(line: dict[str, Any], file: str, number: int, now: datetime) -> WholeSpan[Message]:
    given = line.get("messages")
    if not isinstance(given, list) or not given:
        raise DataError("it has no messages")
    messages = from_chat(cast("list[Json]", given))
    kept: dict[str, Json] = {"workbench.imported.format": "chat", "workbench.imported.from": f"{file}:{number}"}
    if tools := tools_from_chat(line.get("tools")):
        kept[_DEFINITIONS] = tools
    kept |= {f"chat.{name}": value for name, value in line.items() if name not in ("messages", "tools")}
    name = canonical(line)
    row = {
        "span_id": span_id_of("chat", name),
        "trace_id": trace_id_of("chat", name),
        "name": "chat",
        "operation": "chat",
        "status": "ok",
        "started_at": now,
        "attributes": kept,
    }
    if messages[-1].role != "assistant":
        return WholeSpan(row, {"input": messages})
    return WholeSpan(row, {"input": messages[:-1], "output": messages[-1:]})
