"""From accuracy matrices to measures per seed, means with intervals and paired differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
import polars as pl
from jaxtyping import Float

from workbench.continual.metrics.average_accuracy import average_accuracy
from workbench.continual.metrics.backward_transfer import backward_transfer
from workbench.continual.metrics.forgetting import forgetting
from workbench.continual.metrics.interval import Interval, t_interval

__all__ = ["MATRIX", "MEASURES", "differences", "per_seed", "summarise"]

MEASURES: Final[dict[str, Callable[[Float[np.ndarray, "tasks tasks"]], float]]] = {
    "average_accuracy": average_accuracy,
    "forgetting": forgetting,
    "backward_transfer": backward_transfer,
}
_RANGES: Final = {"average_accuracy": (0.0, 1.0), "forgetting": (-1.0, 1.0), "backward_transfer": (-1.0, 1.0)}
MATRIX: Final[dict[str, Any]] = {
    "strategy": pl.String,
    "seed": pl.Int64,
    "step": pl.Int64,
    "task": pl.Int64,
    "accuracy": pl.Float64,
}
_INTERVAL: Final[dict[str, Any]] = {
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "seeds": pl.Int64,
    "reason": pl.String,
}


def per_seed(matrix: pl.DataFrame) -> pl.DataFrame:
    """Every measure of every strategy and seed; `value` is null where it is undefined.

    Args:
        matrix: columns of `MATRIX`: the accuracy on `task` after learning task `step`.
    """
    rows = []
    for (strategy, seed), cells in matrix.group_by("strategy", "seed", maintain_order=True):
        tasks = cells["task"].n_unique()
        R = cells.sort("step", "task")["accuracy"].to_numpy().reshape(-1, tasks)
        for measure, function in MEASURES.items():
            rows.append((strategy, seed, measure, _or_none(function(R))))
    schema: dict[str, Any] = {"strategy": pl.String, "seed": pl.Int64, "measure": pl.String, "value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def summarise(measures: pl.DataFrame, confidence: float = 0.95) -> pl.DataFrame:
    """The mean over seeds of every measure and strategy with its t-interval, cut to what the measure can be.

    Args:
        measures: from `per_seed`.
        confidence: of the intervals.
    """
    rows = []
    for (strategy, measure), group in measures.group_by("strategy", "measure", maintain_order=True):
        found = t_interval(_floats(group["value"]), confidence)
        if found.low is not None and found.high is not None and measure in _RANGES:
            least, most = _RANGES[measure]
            found = replace(found, low=max(found.low, least), high=min(found.high, most))
        rows.append({"strategy": strategy, "measure": measure, **_columns(found)})
    return pl.DataFrame(rows, schema={"strategy": pl.String, "measure": pl.String, **_INTERVAL})


def differences(measures: pl.DataFrame, baseline: str, confidence: float = 0.95) -> pl.DataFrame:
    """Each strategy minus the baseline, paired by seed, with the t-interval of the mean difference.

    Args:
        measures: from `per_seed`.
        baseline: the strategy to compare with.
        confidence: of the intervals.
    """
    base = measures.filter(pl.col("strategy") == baseline).select("seed", "measure", base="value")
    pairs = measures.filter(pl.col("strategy") != baseline).join(
        base, on=["seed", "measure"], how="left", maintain_order="left"
    )
    rows = []
    for (strategy, measure), group in pairs.group_by("strategy", "measure", maintain_order=True):
        both = group.filter(pl.col("base").is_not_null() | pl.col("value").is_null())
        interval = t_interval(_floats(both["value"] - both["base"]), confidence)
        rows.append({"strategy": strategy, "baseline": baseline, "measure": measure, **_columns(interval)})
    schema = {"strategy": pl.String, "baseline": pl.String, "measure": pl.String, **_INTERVAL}
    return pl.DataFrame(rows, schema=schema)


def _columns(interval: Interval) -> dict[str, Any]:
    columns = asdict(interval)
    return {"seeds": columns.pop("n"), **columns}


def _floats(values: pl.Series) -> list[float]:
    return values.fill_null(float("nan")).to_list()


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
