"""What came out of a continual-learning run, as polars frames."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from workbench.continual.metrics.summary import differences, per_seed, summarise
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
        workers: how many seeds were learned at a time.
        seconds: wall time of the whole run, compilation included.
    """

    run_id: str
    name: str
    stream: Stream = field(repr=False)
    matrix: pl.DataFrame = field(repr=False)
    failures: pl.DataFrame = field(repr=False)
    timing: pl.DataFrame = field(repr=False)
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
