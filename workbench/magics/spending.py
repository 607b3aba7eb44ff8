"""What a notebook has used so far, read from the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workbench import traces
from workbench.messages import Usage

__all__ = ["Total", "notebook_total"]

_TOTAL: Final = """
    SELECT count(*) AS calls, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
           sum(cache_read_tokens) AS cache_read_tokens, coalesce(bool_or(usage_approximate), false) AS approximate,
           CASE WHEN count(*) = count(cost_usd) THEN coalesce(sum(cost_usd), 0) END AS cost_usd,
           min(cost_reason) FILTER (cost_usd IS NULL) AS cost_reason
    FROM spans WHERE operation = 'chat' AND status <> 'running' AND notebook IS NOT DISTINCT FROM $notebook
"""


@dataclass(frozen=True, slots=True)
class Total:
    """The calls of one notebook; a cost that is unknown for one of them is None, with the reason."""

    calls: int
    usage: Usage
    cost_usd: float | None
    cost_reason: str | None


def notebook_total(notebook: str | None) -> Total:
    """The sum over all finished calls that were tagged with this notebook; None sums those of no notebook.

    Raises:
        StoreError: the store cannot be read.
    """
    row = traces.query(_TOTAL, notebook=notebook).row(0, named=True)
    usage = Usage(
        row["input_tokens"], row["output_tokens"], row["cache_read_tokens"], approximate=bool(row["approximate"])
    )
    return Total(row["calls"], usage, row["cost_usd"], row["cost_reason"])
