"""Usage: what model calls cost, how many tokens they took and how long they lasted, by anything, over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, Unpack

from workbench.errors import OptionError, nearest
from workbench.traces.questions.filters import Filters, condition, filled, limited
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    import polars as pl

__all__ = ["GROUPS", "Bucket", "usage"]

Bucket: TypeAlias = Literal["minute", "hour", "day", "week", "month"]

# what calls can be grouped by
GROUPS: Final = (
    *("model", "provider", "response_model", "operation", "name", "status", "error_type", "finish_reason"),
    *("method", "role", "phase", "run_id", "program", "sample_id", "repetition", "conversation"),
    *("notebook", "cell_id", "session", "trace_id", "instrumentation"),
)
_BUCKETS: Final = {name: f"date_trunc('{name}', started_at)" for name in ("minute", "hour", "day", "week", "month")}
_MOST: Final = 100_000
_TIMES: Final = """,
    quantile_cont(duration_ms, [0.5, 0.95]) AS latencies,
    quantile_cont(time_to_first_chunk_ms, [0.5, 0.95]) AS first_chunks,
    latencies[1] AS p50_ms, latencies[2] AS p95_ms,
    first_chunks[1] AS p50_first_chunk_ms, first_chunks[2] AS p95_first_chunk_ms,
    1000 * sum(output_tokens) FILTER (duration_ms > 0)
        / nullif(sum(duration_ms) FILTER (duration_ms > 0 AND output_tokens IS NOT NULL), 0) AS tokens_per_second"""
_USAGE: Final = """
    SELECT {columns} count(*) AS calls, count(*) FILTER (status = 'error') AS errors,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
    sum(cache_read_tokens) AS cache_read_tokens, sum(cache_write_tokens) AS cache_write_tokens,
    sum(reasoning_tokens) AS reasoning_tokens,
    count(*) FILTER (input_tokens IS NULL OR output_tokens IS NULL) AS tokens_unknown, {costs} {times}
    FROM spans WHERE {is_call} AND status <> 'running' AND {condition}
    {groups} ORDER BY {order} LIMIT $rows"""


def usage(
    store: Store | None = None,
    *,
    by: Sequence[str] = ("model",),
    bucket: Bucket | None = None,
    times: bool = True,
    limit: int = 10_000,
    **filters: Unpack[Filters],
) -> pl.DataFrame:
    """What finished model calls came to, for each group and each piece of time.

    Args:
        store: where to look; the process's own by default.
        by: columns of `spans` to group by: any of `GROUPS`; none sums everything.
        bucket: `minute`, `hour`, `day`, `week` (from Monday) or `month` of UTC; None does not split time.
        times: whether latencies and speed are asked for too; they take twice as long as tokens and cost.
        limit: rows at most; the newest time first, within it the groups with the most calls.
        filters: which calls count.

    Returns:
        time (with a bucket), the columns of `by`, calls, errors, input_tokens (cached ones included), output_tokens
        (reasoning included), cache_read_tokens, cache_write_tokens, reasoning_tokens, tokens_unknown (calls whose
        counts are not known), known_cost_usd, cost_unknown (calls of unknown cost), cost_usd (None where one is
        unknown); with `times` also p50_ms, p95_ms, p50_first_chunk_ms, p95_first_chunk_ms (of streamed calls),
        tokens_per_second (written tokens over the calls' whole time). A sum that no call knows is NULL.

    Raises:
        OptionError: a column, bucket, filter or limit that there is not.
        StoreError: the store is busy, damaged or newer than this workbench.

    Example:
        >>> usage(by=["model"], bucket="day").height
        0
    """
    if unknown := [name for name in by if name not in GROUPS]:
        raise OptionError(
            f"usage was asked for by={unknown[0]!r}; columns are {', '.join(GROUPS)}.",
            hint=nearest(unknown[0], GROUPS) or None,
        )
    if bucket is not None and bucket not in _BUCKETS:
        raise OptionError(f"usage was given bucket={bucket!r}; it takes {', '.join(_BUCKETS)}.", hint="bucket='day'")
    where = condition(filters)
    time = [] if bucket is None else ["time"]
    columns = [*([] if bucket is None else [f"{_BUCKETS[bucket]} AS time"]), *by]
    names = [*time, *by]
    sql = filled(
        _USAGE,
        condition=where.sql,
        columns="".join(f"{column}, " for column in columns),
        times=_TIMES if times else "",
        groups=f"GROUP BY {', '.join(names)}" if names else "",
        order=", ".join([*(f"{name} DESC" for name in time), "calls DESC", *by]),
    )
    frame = (store or current_store()).query(sql, **where.parameters, rows=limited(limit, _MOST))
    return frame.drop("latencies", "first_chunks") if times else frame
