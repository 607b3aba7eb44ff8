"""One trace as a tree on its time, and two of them beside each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from jupyter_server.auth.decorator import authorized
from tornado import web

from workbench.errors import OptionError, StoreError
from workbench.server.endpoint import StoreEndpoint
from workbench.server.frames import columns, rows, values
from workbench.traces import Store

if TYPE_CHECKING:
    import polars as pl

    from workbench.traces.questions.trace_document import TraceDocument

__all__ = ["DiffEndpoint", "ScreenEndpoint", "TraceEndpoint"]

Paths: TypeAlias = Callable[[Sequence[str]], dict[str, str]]  # notebooks -> where they lie now
_MOST: Final = 20_000
# texts of which a trace has few
_CODED: Final = (
    *("name", "operation", "status", "error_type", "model", "tool_name", "method", "role", "notebook", "cell_id"),
    "cost_reason",
)
_BEGIN: Final = datetime(1970, 1, 1)  # the store's moments are UTC, without a zone
_LEFT_OUT: Final = ("started_at", "ended_at", "parent_id")


class TraceEndpoint(StoreEndpoint):
    """`GET /workbench/traces/ID`: a trace's spans as columns, in depth-first order."""

    @web.authenticated
    @authorized
    async def get(self, trace_id: str) -> None:
        """Answers `spans` with what a tree and a waterfall need, the `critical_path` and `links`."""
        self.asked.allow("limit")
        limit = self.asked.whole("limit", _MOST)

        def work(store: Store) -> dict[str, Any]:
            from workbench.traces.questions.trace_document import trace_document

            return _whole(trace_document(trace_id, store, limit=limit), self.paths_of)

        await self.reply(work)


class ScreenEndpoint(StoreEndpoint):
    """`GET /workbench/traces/ID/screen`: what stands on a trace's first screen; a short trace whole."""

    @web.authenticated
    @authorized
    async def get(self, trace_id: str) -> None:
        """Answers the `depths` of all rows, and `spans`: the rows from `first` on, which are around `span`."""
        self.asked.allow("limit", "span")
        limit, span_id = self.asked.whole("limit", _MOST), self.asked.text("span")

        def work(store: Store) -> dict[str, Any]:
            from workbench.traces.questions.trace_screen import TraceScreen, trace_screen

            found = trace_screen(trace_id, store, span_id=span_id, limit=limit)
            if not isinstance(found, TraceScreen):
                return _whole(found, self.paths_of)
            encoded = _columns(found.spans)
            return {
                "trace_id": found.trace_id,
                "trace_spans": found.trace_spans,
                "started_at": (found.started_at - _BEGIN) / timedelta(milliseconds=1),
                "duration_ms": found.duration_ms,
                "depths": found.depths,
                "first": found.first,
                "spans": encoded,
                "notebooks": self.paths_of(encoded["columns"]["notebook"]["values"]),
            }

        await self.reply(work)


class DiffEndpoint(StoreEndpoint):
    """`GET /workbench/diff/A/B`: how trace B differs from trace A, span by span and word by word."""

    @web.authenticated
    @authorized
    async def get(self, a: str, b: str) -> None:
        """Answers `nodes`, `words` and `totals`."""
        self.asked.allow()

        def work(store: Store) -> dict[str, Any]:
            from workbench.traces.questions import compare_traces

            try:
                found = compare_traces(a, b, store)
            except OptionError as error:  # one of them is not there
                raise StoreError(error.message, error.hint, kind="absent") from None
            return {"nodes": rows(found.nodes), "words": rows(found.words), "totals": rows(found.totals)}

        await self.reply(work)


def _whole(found: TraceDocument, paths_of: Paths) -> dict[str, Any]:
    spans, path = found.spans, found.critical_path
    places = {span_id: place for place, span_id in enumerate(spans["span_id"])}
    encoded = _columns(spans)
    # where the tree shows it: the number of the row above
    encoded["columns"]["parent"] = _parents(spans["depth"].to_list())
    links = [(places.get(one), places.get(other)) for one, other in found.links.iter_rows()]
    return {
        "trace_id": found.trace_id,
        "trace_spans": found.trace_spans,
        "started_at": min(values(spans["started_at"])),
        "duration_ms": path.duration_ms,
        "spans": encoded,
        "notebooks": paths_of(encoded["columns"]["notebook"]["values"]),
        "links": [pair for pair in links if None not in pair],
        "critical_path": {
            "work_ms": path.work_ms,
            "ideal_ms": path.ideal_ms,
            "least_ms": path.least_ms,
            "speedup": path.speedup,
            "speedup_bound": path.speedup_bound,
            "known": path.known,
            "assumed": path.assumed,
            "pieces": [
                {"offset_ms": offset, "ms": ms, "row": places.get(span_id)}
                for offset, ms, span_id in path.path.select("offset_ms", "ms", "span_id").iter_rows()
            ],
        },
    }


def _columns(spans: pl.DataFrame) -> dict[str, Any]:
    return columns(spans.drop(_LEFT_OUT), coded=_CODED)


def _parents(depths: list[int]) -> list[int]:
    """The number of the row above each row, -1 for a root, of rows in depth-first order."""
    above: list[int] = []
    parents: list[int] = []
    for number, depth in enumerate(depths):
        del above[depth:]
        parents.append(above[-1] if above else -1)
        above.append(number)
    return parents
