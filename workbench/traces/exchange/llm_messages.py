"""The messages in a log of `llm`: chains of today's schema, histories of the older ones."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from workbench.messages import Image, Json, Message, Other, Part, Reasoning, Text, ToolCall, ToolResult, system
from workbench.traces.foreign import names, parts

__all__ = ["Chains", "Histories"]

_FRAGMENTS_OF_PART: Final = """
    SELECT content FROM part_fragments JOIN fragments ON fragments.id = fragment_id WHERE part_id = ? ORDER BY "order"
"""
_ATTACHMENTS_OF_PART: Final = """
    SELECT attachments.* FROM part_attachments JOIN attachments ON attachments.id = attachment_id
    WHERE part_id = ? ORDER BY "order"
"""
_ATTACHMENTS_OF_RESPONSE: Final = """
    SELECT attachments.* FROM prompt_attachments JOIN attachments ON attachments.id = attachment_id
    WHERE response_id = ? ORDER BY "order"
"""
_FRAGMENTS: Final = {
    "prompt_fragments": """SELECT content FROM prompt_fragments JOIN fragments ON fragments.id = fragment_id
        WHERE response_id = ? ORDER BY "order" """,
    "system_fragments": """SELECT content FROM system_fragments JOIN fragments ON fragments.id = fragment_id
        WHERE response_id = ? ORDER BY "order" """,
}


class Chains:
    """Messages of the schema with `turns`, where each one names the one before it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[str, tuple[str | None, Message]] = {}

    def messages(self, last: str | None, before: str | None) -> list[Message]:
        """The messages up to `last`, from the one after `before` on, or from the beginning."""
        found: list[Message] = []
        seen: set[str] = set()
        while last is not None and last != before and last not in seen:
            seen.add(last)
            last, message = self._at(last)
            if message.parts:
                found.append(message)
        return found[::-1]

    def _at(self, digest: str) -> tuple[str | None, Message]:
        if digest not in self._known:
            row = self._connection.execute("SELECT parent_hash, role FROM messages WHERE hash = ?", [digest]).fetchone()
            above, role = row if row is not None else (None, "user")
            rows = self._connection.execute("SELECT * FROM parts WHERE message_hash = ? ORDER BY position", [digest])
            said = tuple(part for row in rows.fetchall() for part in self._parts(row))
            self._known[digest] = above, Message(names.role(role), said)
        return self._known[digest]

    def _parts(self, row: sqlite3.Row) -> list[Part]:
        payload: dict[str, Any] = json.loads(row["payload"]) if row["payload"] else {}
        text = row["text"]
        if text is None:
            text = "\n".join(one[0] for one in self._connection.execute(_FRAGMENTS_OF_PART, [row["id"]])) or None
        match row["type"]:
            case "text":
                return [Text(text or "")]
            case "reasoning":
                return [Reasoning(text or "")]
            case "tool_call":
                return [parts.call(payload.get("tool_call_id"), payload.get("name"), payload.get("arguments"))]
            case "tool_result":
                name = payload.get("name", row["tool_name"])
                return [ToolResult(str(payload.get("tool_call_id") or ""), str(name or ""), payload.get("output"))]
            case "attachment":
                return [_attachment(one) for one in self._connection.execute(_ATTACHMENTS_OF_PART, [row["id"]])]
            case kind:
                return [Other({"type": str(kind), "text": text, **payload})]


class Histories:
    """Messages of the schemas with `responses` alone: each response goes on from those before it."""

    def __init__(self, connection: sqlite3.Connection, tables: set[str]) -> None:
        self._connection = connection
        self._tables = tables
        self._said: dict[str, list[Message]] = {}

    def messages(self, row: Mapping[str, Any]) -> tuple[list[Message], list[Message]]:
        """What this response read and wrote; responses are to be asked for in their order."""
        before = self._said.get(str(row.get("conversation_id")), [])
        asked = [*before, *self._asked(row)]
        wrote = Message("assistant", (*self._thought(row), *self._calls(row["id"])))
        if row.get("conversation_id") is not None:
            self._said[str(row["conversation_id"])] = [*asked, wrote]
        return parts.named(asked), [wrote] if wrote.parts else []

    def _asked(self, row: Mapping[str, Any]) -> list[Message]:
        said: list[Message] = []
        instructions = [*self._fragments("system_fragments", row["id"]), *filter(None, [row["system"]])]
        if instructions:
            said.append(system("\n".join(instructions)))
        if results := self._results(row["id"]):
            said.append(Message("tool", tuple(results)))
        words = "\n".join([*self._fragments("prompt_fragments", row["id"]), *filter(None, [row["prompt"]])])
        pictures = self._rows("prompt_attachments", _ATTACHMENTS_OF_RESPONSE, row["id"])
        asked = (*((Text(words),) if words else ()), *(_attachment(one) for one in pictures))
        if asked:
            said.append(Message("user", asked))
        return said

    def _thought(self, row: Mapping[str, Any]) -> list[Part]:
        said: list[Part] = [Reasoning(row["reasoning"])] if row.get("reasoning") else []
        return [*said, Text(row["response"])] if row["response"] else said

    def _calls(self, response_id: str) -> list[ToolCall]:
        rows = self._rows("tool_calls", "SELECT * FROM tool_calls WHERE response_id = ? ORDER BY id", response_id)
        return [parts.call(row["tool_call_id"], row["name"], row["arguments"]) for row in rows]

    def _results(self, response_id: str) -> list[ToolResult]:
        rows = self._rows("tool_results", "SELECT * FROM tool_results WHERE response_id = ? ORDER BY id", response_id)
        return [ToolResult(row["tool_call_id"] or "", row["name"] or "", row["output"]) for row in rows]

    def _fragments(self, table: str, response_id: str) -> list[str]:
        return [str(row[0]) for row in self._rows(table, _FRAGMENTS[table], response_id)]

    def _rows(self, table: str, sql: str, response_id: str) -> list[sqlite3.Row]:
        """None where this version of the schema has no such table."""
        return self._connection.execute(sql, [response_id]).fetchall() if table in self._tables else []


def _attachment(row: sqlite3.Row) -> Part:
    """A picture whose bytes are in the log; of everything else, where it lies and what it is."""
    mime_type, content = row["type"] or "", row["content"]
    if content is not None and mime_type.startswith("image/"):
        return Image(bytes(content), mime_type)
    body: dict[str, Json] = {"type": "uri", "mime_type": mime_type, "uri": row["url"] or row["path"] or row["id"]}
    return Other(body)
