"""What was said in one trace, call by call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from workbench.traces.sql import Reader

__all__ = ["messages", "part_words"]

_MESSAGES: Final = """
    SELECT span_id, direction, position, message_hash, role, body
    FROM span_messages JOIN messages USING (message_hash)
    WHERE span_id IN (SELECT span_id FROM spans WHERE trace_id = $trace_id)
    ORDER BY span_id, direction, position"""
_PLACES: Final = """
    SELECT span_id, direction, position, message_hash FROM span_messages
    WHERE span_id IN (SELECT span_id FROM spans WHERE trace_id = $trace_id AND list_contains($span_ids, span_id))
    ORDER BY span_id, direction, position"""
# not a join, which would build the body of every message in the store
_BODIES: Final = "SELECT message_hash, role, body FROM messages WHERE list_contains($hashes, message_hash)"


def messages(trace_id: str, store: Store | None = None, *, span_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """The messages that each span of a trace read and wrote.

    Args:
        trace_id: 32 hex digits.
        store: where to look; the process's own by default.
        span_ids: of these spans alone; of all by default.

    Returns:
        span_id, direction (`input` or `output`), position (in what the span read or wrote), message_hash, role and
        body (JSON, in the shape of the GenAI conventions).

    Raises:
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    chosen = store or current_store()
    if span_ids is None:
        return chosen.query(_MESSAGES, trace_id=trace_id)
    return chosen.read(lambda reader: _some(reader, trace_id, span_ids))


def part_words(part: Mapping[str, Any]) -> str:
    """A part of a message's body in words, for people.

    Args:
        part: one of the body's `parts`.

    Example:
        >>> part_words({"type": "tool_call", "name": "add", "arguments": {"a": 2}})
        'calls add({"a": 2})'
        >>> part_words({"type": "tool_call_response", "name": "add", "response": "no such tool", "is_error": True})
        'add failed: no such tool'
    """
    match part.get("type"):
        case "text":
            return str(part.get("content", ""))
        case "reasoning":
            return f"(reasoning) {part.get('content', '')}"
        case "tool_call":
            return f"calls {part.get('name')}({_json(part.get('arguments'))})"
        case "tool_call_response":
            came = "failed" if part.get("is_error") else "gave"
            return f"{part.get('name') or 'the tool'} {came}: {_json(part.get('response', part.get('result')))}"
        case kind:
            return f"({part.get('mime_type') or kind})"


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _some(reader: Reader, trace_id: str, span_ids: Sequence[str]) -> pl.DataFrame:
    places = reader.query(_PLACES, trace_id=trace_id, span_ids=list(span_ids))
    bodies = reader.query(_BODIES, hashes=places["message_hash"].unique().to_list())
    return places.join(bodies, on="message_hash", how="inner", maintain_order="left")
