"""One strategy and seed over all tasks of a stream, and many of them in threads."""

from __future__ import annotations

import queue
import threading
import time
from asyncio import CancelledError
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from workbench import traces
from workbench.continual.divergence import DivergenceError
from workbench.continual.engine import Learner, TaskReport
from workbench.continual.metrics.summary import MEASURES
from workbench.continual.progress import Progress
from workbench.continual.record import describe
from workbench.continual.streams.stream import Stream

__all__ = ["Campaign", "Chain"]


@dataclass(frozen=True, slots=True)
class Chain:
    """One strategy and seed, finished or diverged."""

    strategy: str
    seed: int
    matrix: Float[np.ndarray, "tasks tasks"]
    seconds: float
    error: DivergenceError | None


class Campaign:
    """The seeds of a run under way: each chain runs in a thread and reports its tasks to the one that waits."""

    def __init__(self, stream: Stream, key: PRNGKeyArray) -> None:
        self.stream, self.key = stream, key
        self.stop = threading.Event()
        self.news: queue.SimpleQueue[tuple[str, int, int, tuple[float, ...], int]] = queue.SimpleQueue()

    def run(
        self,
        pool: ThreadPoolExecutor,
        learners: Sequence[Learner],
        seeds: Sequence[int],
        progress: Callable[[Progress], None] | None,
    ) -> list[Chain]:
        """Learns every seed by every strategy; on the way out by an error or interrupt the chains under way stop."""
        futures: list[Future[Chain]] = []
        try:
            for seed in seeds:  # outside, so that what an interrupted run leaves is complete pairs
                futures += [pool.submit(copy_context().run, self._chain, learner, seed) for learner in learners]
            return self._wait(futures, progress)
        finally:
            self.stop.set()
            for future in futures:
                future.cancel()

    def _chain(self, learner: Learner, seed: int) -> Chain:
        """Learns all tasks by one strategy and seed, and stores what comes out of each."""
        started, tasks = time.monotonic(), self.stream.tasks
        strategy, matrix, error = learner.strategy, np.zeros((tasks, tasks)), None
        try:
            with traces.run(
                "continual",
                strategy.name,
                parameters={**dict(strategy.parameters), "strategy": strategy.name, **describe(learner.recipe)},
                seed=seed,
                dataset_version=self.stream.version,
            ) as child:
                key = jax.random.fold_in(self.key, seed)
                state = learner.start(key)
                for task in range(tasks):
                    if self.stop.is_set():
                        raise CancelledError
                    state, report = learner.learn(state, task, key)
                    self._refuse_divergence(learner, seed, task, report)
                    matrix[task] = self._accuracy(report)
                    self._store(child, learner.recipe.epochs, task, matrix[task], report, time.monotonic() - started)
                    self.news.put((strategy.name, seed, task, tuple(matrix[task]), 1))
                for measure, function in MEASURES.items():
                    value = function(matrix)
                    known = bool(np.isfinite(value))
                    reason = None if known else "undefined for one task"
                    child.metric(measure, value if known else None, step=tasks - 1, reason=reason)
        except DivergenceError as diverged:
            error, task = diverged, diverged.place[2]
            self.news.put((strategy.name, seed, task, (), tasks - task))
        return Chain(strategy.name, seed, matrix, time.monotonic() - started, error)

    def _wait(self, futures: Sequence[Future[Chain]], progress: Callable[[Progress], None] | None) -> list[Chain]:
        """Passes news on, in this thread, until every chain ended; an error of a chain is raised here."""
        done, total = 0, len(futures) * self.stream.tasks
        while done < total:
            try:
                strategy, seed, task, accuracy, count = self.news.get(
                    timeout=0.1
                )  # short, so that an interrupt comes in
            except queue.Empty:
                for future in futures:
                    if future.done():
                        future.result()
                continue
            done += count
            if progress is not None:
                progress(Progress(done, total, strategy, seed, task, accuracy))
        return [future.result() for future in futures]

    def _accuracy(self, report: TaskReport) -> Float[np.ndarray, " tasks"]:
        counts = self.stream.test.counts
        correct = np.asarray(report.correct) & (np.arange(report.correct.shape[1]) < counts[:, None])
        return correct.sum(axis=1) / counts

    def _refuse_divergence(self, learner: Learner, seed: int, task: int, report: TaskReport) -> None:
        at, recipe = int(report.diverged_at), learner.recipe
        if at >= 0:
            steps = -(-int(self.stream.train.counts[task]) // recipe.batch_size)
            raise DivergenceError(learner.strategy.name, seed, task, at // steps, at % steps, recipe.learning_rate)

    @staticmethod
    def _store(
        child: traces.Run,
        epochs: int,
        task: int,
        accuracy: Float[np.ndarray, " tasks"],
        report: TaskReport,
        seconds: float,
    ) -> None:
        for other, value in enumerate(accuracy):
            child.metric("accuracy", float(value), step=task, task=str(other))
        for epoch, loss in enumerate(np.asarray(report.loss)):
            child.metric("loss", float(loss), step=task * epochs + epoch, task=str(task))
        child.metric("seconds", seconds, step=task)
