"""The spans of one trace as a forest: who is whose child, in depth-first order, whatever is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from workbench.errors import OptionError
from workbench.traces.questions.filters import filled, limited
from workbench.traces.store import Store

if TYPE_CHECKING:
    import polars as pl

    from workbench.traces.sql import Reader

__all__ = ["MOST_SPANS", "Forest", "Node", "forest", "read_forest", "read_some", "read_spans"]

MOST_SPANS: Final = 100_000
_MILLISECOND: Final = timedelta(milliseconds=1)
_COLUMNS: Final = """
    span_id, parent_id, name, operation, status, error_type, error_message, started_at, ended_at, duration_ms,
    time_to_first_chunk_ms, model, tool_name, input_tokens, output_tokens, cost_usd, cost_reason, method, role,
    notebook, cell_id"""
_SPANS: Final = """
    SELECT {columns}, count(*) OVER () AS trace_spans
    FROM spans WHERE trace_id = $trace_id ORDER BY started_at, span_id LIMIT $rows"""
_SOME: Final = """
    SELECT {columns} FROM spans WHERE trace_id = $trace_id AND span_id IN (SELECT unnest($span_ids))"""


@dataclass(slots=True)
class Node:
    """A span in its place.

    Attributes:
        row: its columns.
        start_ms: since the trace's first span began.
        end_ms: likewise; of a span without an end, the end of the trace.
        is_orphan: its parent is not in the store, or it would be its own ancestor.
    """

    row: dict[str, Any]
    start_ms: float
    end_ms: float
    is_orphan: bool = False
    depth: int = 0
    children: list[Node] = field(default_factory=list["Node"])
    span_id: str = field(init=False)
    _self_ms: float | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.span_id = self.row["span_id"]

    def gaps(self) -> Iterator[tuple[float, float]]:
        """When none of its children was at work, within its own time."""
        at = self.start_ms
        for child in self.children:  # in the order in which they began
            if child.start_ms > at:
                yield at, min(child.start_ms, self.end_ms)
            at = max(at, child.end_ms)
            if at >= self.end_ms:
                return
        yield at, self.end_ms

    @property
    def self_ms(self) -> float:
        """Its time without that of its children; children at work at the same time are taken off once."""
        if self._self_ms is None:  # once: a trace of ten thousand spans asks for each several times
            gaps = self.gaps() if self.children else ((self.start_ms, self.end_ms),)
            self._self_ms = sum(to - since for since, to in gaps)
        return self._self_ms


@dataclass(frozen=True, slots=True)
class Forest:
    """The spans of a trace; `nodes` are in depth-first order, siblings as they began.

    Attributes:
        spans: how many the trace has; more than there are nodes where it was cut at a limit.
    """

    roots: Sequence[Node]
    nodes: Sequence[Node]
    spans: int

    @property
    def end_ms(self) -> float:
        """When the last span ended, since the first one began."""
        return max((node.end_ms for node in self.nodes), default=0.0)


def read_spans(store: Store | Reader, trace_id: str, limit: int = MOST_SPANS) -> pl.DataFrame:
    """A trace's spans in the order in which they began, the earliest ones where there are more than the limit.

    Raises:
        OptionError: there is no such trace, or the limit is out of range.
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    frame = store.query(filled(_SPANS, columns=_COLUMNS), trace_id=trace_id, rows=limited(limit, MOST_SPANS))
    if frame.is_empty():
        raise OptionError(f"There is no trace {trace_id!r}.", hint="traces_page() lists them; their ids have 32 digits")
    return frame


def read_some(store: Store | Reader, trace_id: str, span_ids: Sequence[str]) -> pl.DataFrame:
    """These spans of a trace, with the columns that `read_spans` reads, in any order.

    Raises:
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    return store.query(filled(_SOME, columns=_COLUMNS), trace_id=trace_id, span_ids=list(span_ids))


def read_forest(store: Store, trace_id: str, limit: int = MOST_SPANS) -> Forest:
    """A trace's spans in their places; raises as `read_spans` does."""
    return forest(read_spans(store, trace_id, limit).rows(named=True))


def forest(rows: Sequence[dict[str, Any]]) -> Forest:
    """Puts spans in their places.

    Where a span without a parent began the trace, spans whose parent is missing come under it, marked; where there is
    none, they are roots themselves. A circle of parents is cut at its earliest span. So each span is there once.

    Args:
        rows: spans of one trace, with the columns that `read_spans` reads, in the order in which they began.
    """
    nodes = _timed(rows)
    known = {node.span_id: node for node in nodes}
    roots = [node for node in nodes if node.row["parent_id"] is None]
    first = roots[0] if roots else None
    for node in nodes:
        parent_id = node.row["parent_id"]
        if parent_id in known and parent_id != node.span_id:
            known[parent_id].children.append(node)
        elif parent_id is not None:
            node.is_orphan = True
            (roots if first is None else first.children).append(node)
    order = list(_depth_first(roots))
    if len(order) < len(nodes):
        order += _cut_circles(nodes, order, known, roots)
    if any(node.is_orphan for node in nodes) and first is not None:
        first.children.sort(key=_begun)
        order = list(_depth_first(roots))
    return Forest(roots, order, rows[0].get("trace_spans") or len(rows))


def _timed(rows: Sequence[dict[str, Any]]) -> list[Node]:
    begun: datetime = min(row["started_at"] for row in rows)
    nodes: list[Node] = []
    for row in rows:
        start = (row["started_at"] - begun) / _MILLISECOND
        # by the clock of the starts, so that what ran one after the other does not seem to overlap
        end = start if row["ended_at"] is None else (row["ended_at"] - begun) / _MILLISECOND
        nodes.append(Node(row, start, max(start, end)))
    end = max(node.end_ms for node in nodes)
    for node in nodes:
        if node.row["ended_at"] is None:
            node.end_ms = end
    return nodes


def _depth_first(roots: Sequence[Node], depth: int = 0) -> Iterator[Node]:
    """Without recursion: a trace may be deeper than Python's stack."""
    waiting = [(root, depth) for root in reversed(roots)]
    while waiting:
        node, node.depth = waiting.pop()
        yield node
        waiting += [(child, node.depth + 1) for child in reversed(node.children)]


def _cut_circles(nodes: list[Node], order: list[Node], known: dict[str, Node], roots: list[Node]) -> list[Node]:
    """Makes roots of spans that are their own ancestors, so that no span is left out."""
    placed = {node.span_id for node in order}
    added: list[Node] = []
    for node in nodes:
        if node.span_id in placed:
            continue
        known[node.row["parent_id"]].children.remove(node)
        node.is_orphan = True
        roots.append(node)
        for below in _depth_first([node]):
            placed.add(below.span_id)
            added.append(below)
    return added


def _begun(node: Node) -> tuple[float, str]:
    return node.start_ms, node.span_id
