"""What a page asks of a trace: all rows as columns of numbers, one span with what was said, and a search."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import polars as pl

from workbench.errors import StoreError
from workbench.traces.conventions import CALLS

__all__ = ["ReadMessages", "TraceTables"]

# the messages of these spans, or of all (None), as rows of `traces.questions.messages`
ReadMessages: TypeAlias = Callable[[Sequence[str] | None], pl.DataFrame]

_LONGEST: Final = 200  # letters of a name in the tree
_MOST_LETTERS: Final = 200_000  # of one span's messages
_TIMES: Final = ("started_at", "ended_at")
_PLACES: Final = ("depth", "is_orphan", "children", "lane", "offset_ms", "end_ms", "trace_spans", "self_ms")
_SAID: Final = ("arguments", "result")


@dataclass(frozen=True)
class TraceTables:
    """A trace's spans and messages.

    Args:
        spans: rows of `traces.questions.waterfall`, in the order of the tree.
        messages: rows of `traces.questions.messages`, or None.
        critical: ids of the spans that the trace's duration waited for.
        caption: what stands above the tree.
        read: where `messages` are only those that are drawn first, reads others when they are asked for.
    """

    spans: pl.DataFrame
    messages: pl.DataFrame | None
    critical: frozenset[str]
    caption: str
    read: ReadMessages | None = None

    @cached_property
    def packed(self) -> tuple[dict[str, Any], bytes]:
        """What every row needs: names once, and the columns of numbers one after the other, little-endian."""
        spans = self.spans
        kinds = [_kind(operation) for operation in spans["operation"]]
        columns: dict[str, np.ndarray] = {
            "start": _floats(spans, "offset_ms"),
            "end": _floats(spans, "end_ms"),
            "took": _floats(spans, "duration_ms"),
            "first": _floats(spans, "offset_ms") + _floats(spans, "time_to_first_chunk_ms"),
            "input": _floats(spans, "input_tokens"),
            "output": _floats(spans, "output_tokens"),
            "cost": _floats(spans, "cost_usd"),
            "depth": spans["depth"].cast(pl.Int32).to_numpy(),
        }
        names, columns["name"] = _coded([(name or "")[:_LONGEST] for name in spans["name"]], np.int32)
        found, columns["kind"] = _coded(kinds, np.uint8)
        statuses, columns["status"] = _coded(spans["status"].fill_null("unknown").to_list(), np.uint8)
        critical = [not self.critical or span in self.critical for span in spans["span_id"]]
        columns["critical"] = np.array(critical, np.uint8)
        placed, offset = list[dict[str, Any]](), 0
        for name, values in columns.items():
            placed.append({"name": name, "kind": str(values.dtype), "offset": offset})
            offset += values.nbytes
        head = {
            "rows": spans.height,
            "duration_ms": float(np.nanmax(columns["end"], initial=0.0)),
            "caption": self.caption,
            "columns": placed,
            "names": names,
            "kinds": found,
            "statuses": statuses,
            "has_failed": "error" in statuses,
        }
        return head, b"".join(values.tobytes() for values in columns.values())

    def said(self, row: int) -> dict[str, Any]:
        """One span: its columns, and its messages with their bodies."""
        span = self.spans.row(row, named=True)
        kept = {name: value for name, value in span.items() if value is not None and name not in _PLACES}
        shown = {name: value for name, value in kept.items() if name not in (*_TIMES, *_SAID)}
        shown["attributes"] = {name: _short(kept[name]) for name in _SAID if name in kept}
        began = span.get("started_at") or self.spans["started_at"].min()
        if isinstance(began, datetime):
            shown["started_us"] = round(began.replace(tzinfo=UTC).timestamp() * 1e6)
        bodies: dict[str, Any] = {}
        order: dict[str, list[str]] = {"input": [], "output": []}
        for message in self._messages_of(span["span_id"]):
            bodies[message["message_hash"]] = _body(message)
            order[message["direction"]].append(message["message_hash"])
        return {"span": shown, "messages": bodies, "span_messages": order}

    def search(self, words: Sequence[str]) -> np.ndarray:
        """The rows in which all the words stand, in what was said or what went wrong; little-endian int32."""
        texts = [
            name for name in ("name", "error_type", "error_message", "model", *_SAID) if name in self.spans.columns
        ]
        own = pl.concat_str([pl.col(name).cast(pl.String) for name in texts], separator="\n", ignore_nulls=True)
        spans = self.spans.select("span_id", text=own)
        if (messages := self._all_messages) is not None:
            bodies = messages.group_by("span_id").agg(said=pl.col("body").str.join("\n"))
            spans = spans.join(bodies, on="span_id", how="left", maintain_order="left").with_columns(
                text=pl.concat_str("text", "said", separator="\n", ignore_nulls=True)
            )
        text = pl.col("text").str.to_lowercase()
        found = pl.lit(True)
        for word in words:
            written = json.dumps(word.lower(), ensure_ascii=False)[1:-1]  # bodies are JSON
            plain = text.str.contains(word.lower(), literal=True)
            found = found & (plain if written == word.lower() else plain | text.str.contains(written, literal=True))
        rows = spans.with_row_index("row").filter(found)["row"]
        return rows.cast(pl.Int32).to_numpy()

    def _messages_of(self, span_id: str) -> list[dict[str, Any]]:
        if self.read is not None:
            try:
                return self.read([span_id]).rows(named=True)
            except StoreError as error:
                return [_unread(error)]
        place = self._places.get(span_id)
        return [] if place is None or self.messages is None else self.messages[place].rows(named=True)

    @cached_property
    def _all_messages(self) -> pl.DataFrame | None:
        return self.messages if self.read is None else self.read(None)

    @cached_property
    def _places(self) -> Mapping[str, list[int]]:
        if self.messages is None:
            return {}
        numbered = self.messages.select("span_id").with_row_index("row").group_by("span_id").agg("row")
        return dict(numbered.iter_rows())


def _unread(error: StoreError) -> dict[str, Any]:
    """In the place of messages that are not there any more, or not now."""
    words = f"What was said cannot be read: {error.message}"
    body = json.dumps({"role": "system", "parts": [{"type": "text", "content": words}]})
    return {"direction": "input", "message_hash": "", "role": "system", "body": body}


def _kind(operation: str | None) -> str:
    return "tool" if operation == "execute_tool" else "model" if operation in CALLS else "other"


def _floats(frame: pl.DataFrame, name: str) -> np.ndarray:
    """A column as float64; what is unknown, or not there, is NaN."""
    if name not in frame.columns:
        return np.full(frame.height, np.nan)
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _coded(texts: Sequence[str], kind: Any) -> tuple[list[str], np.ndarray]:
    """The distinct texts, and for each row which it is."""
    place: dict[str, int] = {}
    codes = [place.setdefault(text, len(place)) for text in texts]
    return list(place), np.array(codes, kind)


def _short(text: Any) -> str:
    words = str(text)
    return words if len(words) <= _MOST_LETTERS else f"{words[:_MOST_LETTERS]}… ({len(words):,} letters)"


def _body(message: Mapping[str, Any]) -> Any:
    body = message["body"]
    if len(body) > _MOST_LETTERS:
        words = f"This message has {len(body):,} letters: traces.questions.messages(trace_id) has it."
        return {"role": message["role"], "parts": [{"type": "text", "content": words}]}
    return json.loads(body)
