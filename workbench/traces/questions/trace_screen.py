"""What of a long trace stands on its first screen: the shape of its tree, and the rows around one span."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from workbench.traces.conventions import CALLS, NESTED
from workbench.traces.questions.filters import limited
from workbench.traces.questions.forest import MOST_SPANS, Forest, Node, forest, read_some
from workbench.traces.questions.trace_document import TraceDocument, read_document
from workbench.traces.questions.tree import bars
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import polars as pl

    from workbench.traces.sql import Reader

__all__ = ["TraceScreen", "trace_screen"]

_FEW: Final = 1000  # spans of a trace that comes whole
_ABOVE: Final = 120  # rows: a view shows the span as low as it can
_BELOW: Final = 40
_COUNT: Final = "SELECT count(*) AS spans FROM spans WHERE trace_id = $trace_id"
_TREE: Final = """
    SELECT span_id, parent_id, operation, status, started_at, ended_at FROM spans
    WHERE trace_id = $trace_id ORDER BY started_at, span_id LIMIT $rows"""


@dataclass(frozen=True, slots=True)
class TraceScreen:
    """The shape of a trace's tree, and some of its rows.

    Attributes:
        trace_id: its id.
        trace_spans: how many spans it has; more than `depths` has where it was cut at the limit.
        started_at: when its first span began.
        duration_ms: until its last one ended.
        depths: of all rows, in the order of the tree.
        first: the number of the first row of `spans`.
        spans: those rows, with the columns of `waterfall` but `lane` and `trace_spans`.
    """

    trace_id: str
    trace_spans: int
    started_at: datetime
    duration_ms: float
    depths: Sequence[int]
    first: int
    spans: pl.DataFrame


def trace_screen(
    trace_id: str, store: Store | None = None, *, span_id: str | None = None, limit: int = MOST_SPANS
) -> TraceScreen | TraceDocument:
    """Reads what is looked at first: the few columns that make the tree, and all columns of those around one.

    Args:
        trace_id: 32 hex digits.
        store: where it is; the process's own by default.
        span_id: the span around which rows are read; by default, or where the trace has none such, the last model call
            that did not fail, else the first span.
        limit: spans at most, the earliest ones.

    Returns:
        The screen; a trace of at most 1,000 spans as a whole, as `trace_document` gives it.

    Raises:
        OptionError: a limit that there is not.
        StoreError: there is no such trace, or the store is busy, damaged or newer than this workbench.
    """
    limited(limit, MOST_SPANS)
    return (store or current_store()).read(lambda reader: _screen(reader, trace_id, span_id, limit))


def _screen(reader: Reader, trace_id: str, span_id: str | None, limit: int) -> TraceScreen | TraceDocument:
    total: int = reader.query(_COUNT, trace_id=trace_id).item()
    if total <= _FEW:
        return read_document(reader, trace_id, limit)
    rows: list[dict[str, Any]] = reader.query(_TREE, trace_id=trace_id, rows=limit).rows(named=True)
    found = forest(rows)
    chosen = _place(found.nodes, span_id)
    first = max(0, chosen - _ABOVE)
    nodes = found.nodes[first : chosen + _BELOW + 1]
    spans = read_some(reader, trace_id, [node.span_id for node in nodes])
    return TraceScreen(
        trace_id=trace_id,
        trace_spans=total,
        started_at=min(row["started_at"] for row in rows),
        duration_ms=found.end_ms,
        depths=[node.depth for node in found.nodes],
        first=first,
        spans=bars(spans, Forest((), nodes, total)).drop("lane"),
    )


def _place(nodes: Sequence[Node], span_id: str | None) -> int:
    """The number of the row that is shown."""
    if span_id is not None:
        place = next((place for place, node in enumerate(nodes) if node.span_id == span_id), None)
        if place is not None:
            return place
    calls = (place for place in range(len(nodes) - 1, 0, -1) if _tells(nodes[place].row))
    return next(calls, 0)


def _tells(row: dict[str, Any]) -> bool:
    return row["operation"].removeprefix(NESTED) in CALLS and row["status"] != "error"
