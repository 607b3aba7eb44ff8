"""Totals: what the calls of chosen traces came to, and among which values one can choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Unpack

from workbench.traces.questions.filters import filled, limited
from workbench.traces.questions.trace_filters import TraceFilters, Wanted, wanted
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    import polars as pl

    from workbench.traces.sql import Reader

__all__ = ["FACETS", "facets", "totals"]

# what a list of traces can be narrowed by, and people choose from a list
FACETS: Final = ("model", "provider", "method", "role", "phase", "notebook", "operation", "scorer")
_MOST: Final = 1000
_TOTALS: Final = """
    SELECT count(*) AS calls, count(*) FILTER (status = 'error') AS errors,
        sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
        sum(cache_read_tokens) AS cache_read_tokens, sum(cache_write_tokens) AS cache_write_tokens,
        sum(reasoning_tokens) AS reasoning_tokens,
        count(*) FILTER (input_tokens IS NULL OR output_tokens IS NULL) AS tokens_unknown, {costs},
        min(cost_reason) FILTER (cost_usd IS NULL) AS cost_reason,
        {times}
    FROM spans WHERE {is_call} AND {condition}"""
_TIMES: Final = """quantile_cont(duration_ms, [0.5, 0.95]) AS latencies,
        latencies[1] AS p50_ms, latencies[2] AS p95_ms"""
_VALUES: Final = """
    SELECT '{name}' AS facet, {name} AS value, count(*) AS spans FROM spans
    WHERE {name} IS NOT NULL GROUP BY {name}"""
_SCORERS: Final = """
    SELECT 'scorer' AS facet, scorer AS value, count(*) AS spans FROM (
        SELECT scorer FROM scores UNION ALL SELECT name FROM feedback WHERE bool IS NOT NULL OR number IS NOT NULL
    ) GROUP BY scorer"""
_NAMES: Final = """
    SELECT facet, value, spans FROM ({every}) QUALIFY row_number() OVER (
        PARTITION BY facet ORDER BY spans DESC, value) <= $rows
    ORDER BY facet, spans DESC, value"""


def totals(store: Store | None = None, **filters: Unpack[TraceFilters]) -> dict[str, Any]:
    """What the model calls of some traces came to.

    Args:
        store: where to look; the process's own by default.
        filters: which traces, as in `traces_page`; of their calls those count that the filters of spans let through.

    Returns:
        calls, errors, input_tokens (cached ones included), output_tokens (reasoning included), cache_read_tokens,
        cache_write_tokens, reasoning_tokens, tokens_unknown (calls whose counts are not known), known_cost_usd,
        cost_unknown (calls of unknown cost), cost_usd (None where one is unknown), cost_reason (of one that is
        unknown), p50_ms, p95_ms. A sum that no call knows is None.

    Raises:
        OptionError: a filter that there is not.
        StoreError: the store is busy, damaged or newer than this workbench.

    Example:
        >>> totals(model="nobody")["calls"]
        0
    """
    return (store or current_store()).read(lambda reader: _totals(reader, filters))


def _totals(reader: Reader, filters: TraceFilters) -> dict[str, Any]:
    chosen = wanted(filters, reader)
    where = " AND ".join([chosen.spans.sql, *chosen.terms])
    sql = filled(_TOTALS, condition=where, times=_TIMES)
    return reader.query(sql, **_bound(chosen, sql)).drop("latencies").row(0, named=True)


def facets(store: Store | None = None, *, limit: int = 100) -> pl.DataFrame:
    """The values among which people choose: facet (one of `FACETS`), value, spans; the most frequent first.

    Args:
        store: where to look; the process's own by default.
        limit: values of a facet at most.

    Raises:
        OptionError: a limit that there is not.
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    columns = [filled(_VALUES, name=name) for name in FACETS if name != "scorer"]
    sql = filled(_NAMES, every=" UNION ALL ".join([*columns, _SCORERS]))
    return (store or current_store()).query(sql, rows=limited(limit, _MOST))


def _bound(chosen: Wanted, sql: str) -> dict[str, Any]:
    """The values that the SQL names; DuckDB refuses others."""
    return {name: value for name, value in chosen.parameters.items() if f"${name}" in sql}
