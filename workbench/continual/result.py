"""What came out of a continual-learning run, as polars frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from jaxtyping import Bool

from workbench.continual.metrics.flips import flips
from workbench.continual.metrics.forward_transfer import forward_transfer
from workbench.continual.metrics.incremental_accuracy import incremental_accuracy
from workbench.continual.metrics.intransigence import intransigence
from workbench.continual.metrics.summary import differences, per_seed, summarise
from workbench.continual.metrics.variants import FORGETTING
from workbench.continual.streams.stream import Stream
from workbench.errors import OptionError, nearest

__all__ = ["Result"]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Accuracy matrices of strategies × seeds and what follows from them; every row is in the store too.

    Args:
        run_id: of the run in the store; its children are the runs of one strategy and seed.
        name: of the run.
        stream: what was learned.
        matrix: columns `strategy, seed, step, task, accuracy`: the accuracy on `task` after learning task `step`, both
            from 0; the seeds that finished.
        failures: columns `strategy, seed, task, epoch, step, message`: the seeds whose loss stopped being finite.
        timing: columns `strategy, compile_seconds, learn_seconds, seeds`; `learn_seconds` adds up the wall seconds of
            its seeds, some of which ran at the same time.
        lanes: columns `strategy, seed, seconds, parameters, memory_bytes, steps, flops, digest`: what each seed cost
            (`flops` of all steps; NaN where the compiler does not count), and the SHA-256 of its last state.
        correct: (strategy, seed) → whether each test row was right: [task learned last, task tested, row]; False for
            padding.
        workers: how many seeds were learned at a time.
        seconds: wall time of the whole run, compilation included.
    """

    run_id: str
    name: str
    stream: Stream = field(repr=False)
    matrix: pl.DataFrame = field(repr=False)
    failures: pl.DataFrame = field(repr=False)
    timing: pl.DataFrame = field(repr=False)
    lanes: pl.DataFrame = field(repr=False)
    correct: Mapping[tuple[str, int], Bool[np.ndarray, "tasks tasks rows"]] = field(repr=False)
    workers: int
    seconds: float

    @property
    def seeds(self) -> pl.DataFrame:
        """Columns `strategy, seed, measure, value`: average accuracy, forgetting, backward transfer of each seed."""
        return per_seed(self.matrix)

    @property
    def summary(self) -> pl.DataFrame:
        """Columns `strategy, measure, value, low, high, seeds, reason`: means over seeds with 95% t-intervals."""
        return summarise(self.seeds)

    def measures(self, joint: str = "joint", untrained: str = "frozen-0") -> pl.DataFrame:
        """Every measure that can be computed afterwards, of each strategy and seed.

        Average incremental accuracy; forgetting by each library's definition; mean shares of test rows that a task
        turned from right to wrong (`negative flips`) and back; intransigence and forward transfer where the run has the
        strategy that they are measured against, with the same seed.

        Args:
            joint: name of the strategy that learned all tasks so far together.
            untrained: name of the strategy that never learned.

        Returns:
            Columns `strategy, seed, measure, value`; `value` is null where the measure is undefined.
        """
        counts, rows = self.stream.test.counts, list[tuple[str, int, str, float | None]]()
        matrices = {place: correct.sum(axis=2) / counts for place, correct in self.correct.items()}
        for (strategy, seed), R in matrices.items():
            negative, positive = flips(self.correct[strategy, seed], counts)
            values = {"average incremental accuracy": incremental_accuracy(R)}
            values |= {name: function(R) for name, function in FORGETTING.items()}
            if len(negative):
                values |= {"negative flips": float(negative.mean()), "positive flips": float(positive.mean())}
            if (joint, seed) in matrices and strategy != joint:
                values["intransigence"] = intransigence(R, matrices[joint, seed])
            if (untrained, seed) in matrices and strategy != untrained:
                values["forward transfer"] = forward_transfer(R, matrices[untrained, seed][0])
            rows += [(strategy, seed, name, value if np.isfinite(value) else None) for name, value in values.items()]
        schema = {"strategy": pl.String, "seed": pl.Int64, "measure": pl.String, "value": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def differences(self, baseline: str | None = None) -> pl.DataFrame:
        """Each strategy minus the baseline, paired by seed, with 95% t-intervals.

        Args:
            baseline: name of a strategy; by default the first that was given.

        Raises:
            OptionError: a name that is not among the strategies.
        """
        names: list[str] = self.timing["strategy"].to_list()
        if baseline is None:
            baseline = names[0]
        if baseline not in names:
            raise OptionError(
                f"Unknown strategy {baseline!r}; this run has {', '.join(map(repr, names))}.",
                hint=nearest(baseline, names) or f"result.differences({names[0]!r})",
            )
        return differences(self.seeds, baseline)
