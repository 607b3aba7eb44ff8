"""What a notebook's model calls came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.messages import Usage
from workbench.traces.store import Store

__all__ = ["Spend", "notebook_spend"]

_QUESTION: Final = """
    SELECT count(*) AS calls, arg_max(model, started_at) AS model,
           coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
           coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
           sum(cache_read_tokens)::BIGINT AS cache_read_tokens,
           coalesce(bool_or(usage_approximate), false) AS approximate,
           CASE WHEN count(*) = count(cost_usd) THEN coalesce(sum(cost_usd), 0) END AS cost_usd,
           min(cost_reason) FILTER (cost_usd IS NULL) AS cost_reason
    FROM spans WHERE operation = 'chat' AND status <> 'running'
      AND (list_contains($names, notebook) OR (notebook IS NULL AND len($names) = 0))
"""


@dataclass(frozen=True, slots=True)
class Spend:
    """Finished model calls, summed: the last one's model, tokens, and a cost that is None, with the reason, where that
    of one call is unknown."""

    model: str | None
    calls: int
    usage: Usage
    cost_usd: float | None
    cost_reason: str | None


def notebook_spend(store: Store, names: Sequence[str], timeout_seconds: float = 30.0) -> Spend:
    """Sums a notebook's calls.

    Args:
        store: where they are.
        names: the notebook's path, and earlier ones under which its calls may be tagged; none of them sums the calls
            that belong to no notebook.
        timeout_seconds: how long to wait for a busy store.

    Raises:
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    row = store.query(_QUESTION, timeout_seconds, names=list(names)).row(0, named=True)
    usage = Usage(
        row["input_tokens"], row["output_tokens"], row["cache_read_tokens"], approximate=bool(row["approximate"])
    )
    return Spend(row["model"], row["calls"], usage, row["cost_usd"], row["cost_reason"])
