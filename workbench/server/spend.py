"""What a notebook's model calls came to, read from the store of its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.traces import Store, default_path
from workbench.traces.segment import journal_folder

__all__ = ["Spend", "spend"]

_WAIT_SECONDS: Final = 5.0  # a status may come late, but not much
_QUESTION: Final = """
    SELECT count(*) AS calls, arg_max(model, started_at) AS model,
           coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
           coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
           CASE WHEN count(*) = count(cost_usd) THEN coalesce(sum(cost_usd), 0) END AS cost_usd,
           min(cost_reason) FILTER (cost_usd IS NULL) AS cost_reason
    FROM spans WHERE operation = 'chat' AND status <> 'running' AND list_contains($names, notebook)
"""


@dataclass(frozen=True, slots=True)
class Spend:
    """The finished calls of one notebook; a cost that is unknown for one of them is None, with the reason."""

    notebook: str
    model: str | None
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    cost_reason: str | None


def spend(names: Sequence[str], folder: Path) -> Spend:
    """Sums the calls of a notebook; blocks while the store is read, so call it in a thread.

    Args:
        names: its path below the server's root, then earlier ones under which its calls may be tagged.
        folder: where its kernel runs, which decides on the store.

    Raises:
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    path, notebook = default_path(folder), names[0]
    if not path.exists() and not journal_folder(path).exists():  # asking must not make a store
        return Spend(notebook, None, 0, 0, 0, 0.0, None)
    row = Store(path).query(_QUESTION, _WAIT_SECONDS, names=list(names)).row(0, named=True)
    return Spend(notebook=notebook, **row)
