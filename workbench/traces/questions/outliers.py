"""Outliers: spans that took far more or less than others of their kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, Unpack, get_args

from workbench.errors import OptionError, nearest
from workbench.traces.questions.filters import Filters, condition, filled, limited
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Measure", "Outliers", "outliers"]

Measure: TypeAlias = Literal["duration_ms", "time_to_first_chunk_ms", "input_tokens", "output_tokens", "cost_usd"]

_MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
_MOST: Final = 10_000
# what makes the median and the mean absolute deviation of a normal distribution its standard deviation
_OF_MEDIAN: Final = 1.482602218505602
_OF_MEAN: Final = 1.2533141373155003
# a span without a model has none to be named by; '' lets such spans join
_GROUPED: Final = """
    WITH measured AS (
        SELECT span_id, trace_id, started_at, operation, coalesce(model, '') AS model, name,
            {measure}::DOUBLE AS value
        FROM spans WHERE status = 'ok' AND {measure} IS NOT NULL AND {condition}
    ), centred AS (
        SELECT operation, model, name, count(*) AS n, median(value) AS median, mad(value) AS mad
        FROM measured GROUP BY ALL
    ), spread AS (
        SELECT operation, model, name, avg(abs(value - median)) AS mean_deviation
        FROM measured JOIN centred USING (operation, model, name) GROUP BY ALL
    ), groups AS (
        SELECT operation, model, name, n, median, mad,
            CASE WHEN mad > 0 THEN 'median' WHEN mean_deviation > 0 THEN 'mean' END AS scaled_by,
            CASE WHEN n < $least THEN 'too few' WHEN scaled_by IS NULL THEN 'all the same' END AS reason,
            CASE WHEN reason IS NULL THEN
                if(scaled_by = 'median', mad * $of_median, mean_deviation * $of_mean) END AS scale
        FROM centred JOIN spread USING (operation, model, name)
    )"""
_FAR: Final = """
    SELECT span_id, trace_id, started_at, operation, nullif(model, '') AS model, name, value, n, median, scale,
        (value - median) / scale AS z, count(*) OVER (PARTITION BY operation, groups.model, name) AS outliers
    FROM measured JOIN groups USING (operation, model, name)
    WHERE abs(value - median) > $threshold * scale ORDER BY abs(z) DESC, span_id LIMIT $rows"""
_JUDGED: Final = """
    SELECT operation, nullif(model, '') AS model, name, n, median, mad, scaled_by, scale, reason
    FROM groups ORDER BY n DESC, operation, model, name LIMIT $rows"""


@dataclass(frozen=True, slots=True)
class Outliers:
    """Spans far from their group, and all groups.

    Attributes:
        measure: what was compared.
        threshold: of |z|.
        spans: span_id, trace_id, started_at, operation, model, name, value, n, median, scale, z, outliers (how many
            its group has); the largest |z| first.
        groups: operation, model, name, n, median, mad, scaled_by (`median` or `mean`: whose absolute deviation), scale,
            reason (`too few` or `all the same`, where it was not judged and scale is NULL); the largest first.
    """

    measure: Measure
    threshold: float
    spans: pl.DataFrame
    groups: pl.DataFrame


def outliers(
    store: Store | None = None,
    *,
    measure: Measure = "duration_ms",
    threshold: float = 3.5,
    least: int = 10,
    limit: int = 100,
    **filters: Unpack[Filters],
) -> Outliers:
    """Finished spans whose duration, tokens or cost are far from those of the same operation, model and name.

    z = (x - median) / (1.4826 MAD), where MAD is the median of |x - median|. Where more than half of a group are equal,
    MAD is 0, and 1.2533 times the mean of |x - median| takes its place; where all are equal there is no outlier.
    Durations are rarely normal: z says how far, not how likely.

    Args:
        store: where to look; the process's own by default.
        measure: `duration_ms`, `time_to_first_chunk_ms`, `input_tokens`, `output_tokens` or `cost_usd`.
        threshold: spans with |z| above it are given.
        least: groups of fewer spans are not judged.
        limit: rows of each frame.
        filters: which spans are compared.

    Raises:
        OptionError: a measure, filter or limit that there is not.
        StoreError: the store is busy, damaged or newer than this workbench.

    Reference: Boris Iglewicz and David C. Hoaglin, "How to Detect and Handle Outliers", ASQC Quality Press, 1993.
    """
    if measure not in _MEASURES:
        raise OptionError(
            f"outliers was given measure={measure!r}; it takes {', '.join(_MEASURES)}.",
            hint=nearest(measure, _MEASURES) or None,
        )
    chosen, where = store or current_store(), condition(filters)
    head = filled(_GROUPED, measure=measure, condition=where.sql)
    given = {
        **where.parameters,
        "of_median": _OF_MEDIAN,
        "of_mean": _OF_MEAN,
        "least": least,
        "rows": limited(limit, _MOST),
    }
    spans = chosen.query(head + _FAR, **given, threshold=threshold)
    return Outliers(measure, threshold, spans, chosen.query(head + _JUDGED, **given))
