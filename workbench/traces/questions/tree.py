"""One trace: as a tree, and as bars over time."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Any

from workbench.traces.questions.forest import MOST_SPANS, Forest, Node, read_forest
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    import polars as pl

__all__ = ["tree", "waterfall"]


def tree(trace_id: str, store: Store | None = None, *, limit: int = MOST_SPANS) -> pl.DataFrame:
    """A trace's spans in depth-first order, siblings as they began.

    Args:
        trace_id: 32 hex digits.
        store: where to look; the process's own by default.
        limit: spans at most, the earliest ones; `trace_spans` says how many there are.

    Returns:
        depth, span_id, parent_id, is_orphan (its parent is not in the store; it is shown under the root), children
        (how many), self_ms (its time without its children's; NULL while it has no end), offset_ms (since the trace
        began), and of its row name, operation, status, error_type, error_message, started_at, ended_at,
        duration_ms, time_to_first_chunk_ms, model, tool_name, input_tokens, output_tokens, cost_usd, cost_reason,
        method, role, notebook, cell_id; and trace_spans.

    Raises:
        OptionError: there is no such trace.
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    import polars as pl

    found = read_forest(store or current_store(), trace_id, limit)
    return pl.DataFrame([_shown(node) for node in found.nodes], schema_overrides=_kinds(), infer_schema_length=None)


def waterfall(trace_id: str, store: Store | None = None, *, limit: int = MOST_SPANS) -> pl.DataFrame:
    """The tree as bars: when each span began, how long it took, and in which lane it can be drawn.

    A span lies below its parent; spans in one lane do not overlap. So a trace takes few lanes where little happens at
    once.

    Args:
        trace_id: 32 hex digits.
        store: where to look; the process's own by default.
        limit: spans at most, the earliest ones.

    Returns:
        The columns of `tree`, and lane (from 0), end_ms (since the trace began; of a span without an end, the end of
        the trace).

    Raises:
        OptionError: there is no such trace.
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    import polars as pl

    found = read_forest(store or current_store(), trace_id, limit)
    lanes = _lanes(found)
    rows = [_shown(node) | {"lane": lane, "end_ms": node.end_ms} for node, lane in zip(found.nodes, lanes, strict=True)]
    return pl.DataFrame(rows, schema_overrides=_kinds(), infer_schema_length=None)


def _shown(node: Node) -> dict[str, Any]:
    row = node.row
    place: dict[str, Any] = {
        "depth": node.depth,
        "span_id": node.span_id,
        "parent_id": row["parent_id"],
        "is_orphan": node.is_orphan,
        "children": len(node.children),
        "self_ms": None if row["ended_at"] is None else node.self_ms,
        "offset_ms": node.start_ms,
    }
    return place | {name: value for name, value in row.items() if name not in place}


def _kinds() -> dict[str, Any]:
    """The types of columns of which a whole trace may know nothing."""
    import polars as pl

    text = ("parent_id", "error_type", "error_message", "model", "tool_name", "cost_reason", "method", "role")
    numbers = ("self_ms", "duration_ms", "time_to_first_chunk_ms", "cost_usd")
    return {
        **dict.fromkeys((*text, "notebook", "cell_id"), pl.String()),
        **dict.fromkeys(numbers, pl.Float64()),
        "ended_at": pl.Datetime("us"),
        **dict.fromkeys(("input_tokens", "output_tokens"), pl.Int64()),
    }


def _lanes(found: Forest) -> list[int]:
    """For each node the first lane below its parent's that is free for as long as it takes."""
    taken: list[list[tuple[float, float]]] = []
    lane_of: dict[str, int] = {}
    parent_of = {child.span_id: node.span_id for node in found.nodes for child in node.children}
    for node in found.nodes:
        parent = parent_of.get(node.span_id)
        lane = 0 if parent is None else lane_of[parent] + 1
        while lane < len(taken) and not _is_free(taken[lane], node.start_ms, node.end_ms):
            lane += 1
        if lane == len(taken):
            taken.append([])
        insort(taken[lane], (node.start_ms, node.end_ms))
        lane_of[node.span_id] = lane
    return [lane_of[node.span_id] for node in found.nodes]


def _is_free(lane: list[tuple[float, float]], start: float, end: float) -> bool:
    """Whether nothing in the lane, which is sorted and does not overlap, lies between."""
    after = bisect_left(lane, (start, end))
    return (after == len(lane) or lane[after][0] >= end) and (after == 0 or lane[after - 1][1] <= start)
