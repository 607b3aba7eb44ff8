"""Repricing: what the stored calls would cost at the prices of another day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Unpack

from workbench.messages import Usage
from workbench.prices import Price, cost_usd
from workbench.traces.questions.filters import Filters, Moment, condition, filled, naive_utc
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

__all__ = ["Repricing", "reprice"]

_COUNTS: Final = (
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
    *("input_audio_tokens", "input_image_tokens", "output_audio_tokens", "output_image_tokens"),
)
# Our own calls say in `workbench.model` how they were asked for; the name of another library's call is made of its
# provider and its model.
_CALLS: Final = """
    SELECT span_id, started_at, cost_usd, cost_reason, {counts}, response_model, model,
        coalesce(attributes->>'workbench.model', concat_ws(':', provider, model)) AS asked
    FROM spans WHERE {is_call} AND status <> 'running' AND {condition} ORDER BY started_at, span_id"""


@dataclass(frozen=True, slots=True)
class Repricing:
    """Stored calls at the prices of a moment.

    Attributes:
        as_of: the moment; None where each call was priced at its own time.
        calls: span_id, started_at, model, cost_usd (as stored), repriced_usd, reason (why it is unknown),
            price_version (of the table that was asked).
        totals: for each model: calls, cost_usd, repriced_usd (sums of what is known), both_usd_before and
            both_usd_after (of the calls of which both are known, so that they compare), unknown_before, unknown_after.
    """

    as_of: datetime | None
    calls: pl.DataFrame
    totals: pl.DataFrame


def reprice(as_of: Moment | None = None, store: Store | None = None, **filters: Unpack[Filters]) -> Repricing:
    """What every stored model call costs at the prices of a date, from its raw usage; the store stays as it is.

    The prices are those that the installed table knows for that date. A call that was refused or never sent stays
    free. A price or count that is not known stays unknown, with its reason.

    Args:
        as_of: a date (its first instant) or a moment, in UTC where it has no zone; each call's own time by default.
        store: where the calls are; the process's own by default.
        filters: which calls.

    Raises:
        OptionError: a filter that there is not.
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    import polars as pl

    where = condition(filters)
    sql = filled(_CALLS, condition=where.sql, counts=", ".join(_COUNTS))
    frame = (store or current_store()).query(sql, **where.parameters)
    moment = None if as_of is None else naive_utc(as_of)
    prices = [_price(row, moment) for row in frame.iter_rows(named=True)]
    calls = frame.select("span_id", "started_at", "model", "cost_usd").with_columns(
        pl.Series("repriced_usd", [price.usd for price in prices], dtype=pl.Float64),
        pl.Series("reason", [price.reason for price in prices], dtype=pl.String),
        pl.Series("price_version", [price.version for price in prices], dtype=pl.String),
    )
    return Repricing(moment, calls, _totals(calls))


def _price(row: dict[str, Any], moment: datetime | None) -> Price:
    if row["cost_usd"] == 0 and row["input_tokens"] is None and row["output_tokens"] is None:
        return Price(0.0, row["cost_reason"], "of the call")  # refused, or never sent
    usage = Usage(**{name: row[name] for name in _COUNTS})
    asked: str = row["asked"] or ""
    at = row["started_at"] if moment is None else moment
    price = cost_usd(asked, usage, at)
    if price.usd is None and row["response_model"]:  # a deployment's own name, or an alias
        answered = cost_usd(f"{asked.partition(':')[0]}:{row['response_model']}", usage, at)
        price = price if answered.usd is None else answered
    return price


def _totals(calls: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    before, after = pl.col("cost_usd"), pl.col("repriced_usd")
    both = before.is_not_null() & after.is_not_null()
    return (
        calls.group_by("model")
        .agg(
            pl.len().alias("calls"),
            before.sum(),
            after.sum(),
            before.filter(both).sum().alias("both_usd_before"),
            after.filter(both).sum().alias("both_usd_after"),
            before.null_count().alias("unknown_before"),
            after.null_count().alias("unknown_after"),
        )
        .sort("model", nulls_last=True)
    )
