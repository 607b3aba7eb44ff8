"""What a run writes to the store beside its metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from workbench import traces
from workbench.continual.recipe import Recipe
from workbench.continual.result import Result
from workbench.continual.streams.stream import Stream

__all__ = ["describe", "record_stream", "record_summary"]


def describe(recipe: Recipe) -> dict[str, Any]:
    """A recipe as parameters: callables by their names."""
    network = recipe.network
    options = dict(network.keywords) if isinstance(network, partial) else {}
    return {
        "epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "optimiser": _name(recipe.optimiser),
        **({} if recipe.steps is None else {"steps": recipe.steps}),
        **({} if recipe.outputs == "all" else {"outputs": recipe.outputs}),
        "network": _name(network.func if isinstance(network, partial) else network),
        **options,
    }


def record_stream(stream: Stream) -> None:
    """The stream's row in `datasets`."""
    traces.record(
        "datasets",
        dataset_version=stream.version,
        name=stream.name,
        split="train and test",
        items=int(stream.train.counts.sum() + stream.test.counts.sum()),
        source=stream.source,
        licence=stream.licence,
        seen_at=datetime.now(UTC),
    )


def record_summary(run: traces.Run, result: Result) -> None:
    """Means with bounds over seeds, and paired differences to the first strategy, as metrics of the parent run.

    `task` is the strategy, or `strategy - baseline`; `name` is the measure, or the measure with `_low`, `_high`.
    """
    rows = [(row["strategy"], row) for row in result.summary.iter_rows(named=True)]
    rows += [(f"{row['strategy']} - {row['baseline']}", row) for row in result.differences().iter_rows(named=True)]
    for task, row in rows:
        for suffix, column in (("", "value"), ("_low", "low"), ("_high", "high")):
            value = row[column]
            reason = row["reason"] if value is None else None
            run.metric(row["measure"] + suffix, value, step=result.stream.tasks - 1, task=task, reason=reason)


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)
