"""Blocks of lanes over all tasks of a stream, many blocks in threads, each reporting to the one that waits."""

from __future__ import annotations

import queue
import threading
import time
import warnings
from asyncio import CancelledError
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
import optax
from jaxtyping import PRNGKeyArray

from workbench.continual.chain import Chain
from workbench.continual.divergence import room
from workbench.continual.engine import Learner
from workbench.continual.lanes import Lanes
from workbench.continual.ledger import Ledger
from workbench.continual.progress import Progress
from workbench.continual.strategies.strategy import Strategy
from workbench.continual.streams.stream import Stream

__all__ = ["Block", "Campaign"]


@dataclass(frozen=True, slots=True)
class Block:
    """Strategies and seeds that one program learns in step."""

    learner: Learner
    lanes: Sequence[tuple[Strategy, int]]


@dataclass(frozen=True, slots=True)
class _News:
    strategy: str
    seed: int
    task: int
    accuracy: tuple[float, ...]
    share: float
    tasks: int


class Campaign:
    """The blocks of a run under way."""

    def __init__(
        self,
        stream: Stream,
        key: PRNGKeyArray,
        backend: str,
        checkpoint: Path | None = None,
        checkpoint_seconds: float = 30.0,
        at_a_time: int = 1,
    ) -> None:
        self.stream, self.key, self.backend, self.at_a_time = stream, key, backend, at_a_time
        self.checkpoint, self.checkpoint_seconds = checkpoint, checkpoint_seconds
        self.stop = threading.Event()
        self.news: queue.SimpleQueue[_News] = queue.SimpleQueue()

    def run(
        self, pool: ThreadPoolExecutor, blocks: Sequence[Block], progress: Callable[[Progress], None] | None
    ) -> list[Chain]:
        """Learns every block; on the way out by an error or interrupt those under way stop within a segment."""
        futures: list[Future[list[Chain]]] = []
        try:
            futures += [pool.submit(copy_context().run, self._block, block) for block in blocks]
            return self._wait(futures, sum(len(block.lanes) for block in blocks), progress)
        finally:
            self.stop.set()
            for future in futures:
                future.cancel()

    def _block(self, block: Block) -> list[Chain]:
        chains = [Chain(self.stream, block.learner, strategy, seed) for strategy, seed in block.lanes]
        names = list(dict.fromkeys(strategy.name for strategy, _ in block.lanes))
        try:
            with room(names, self.at_a_time, block.learner.recipe.batch_size):
                self._learn(block, chains)
        except BaseException as error:
            self._leave(chains, error)
            raise
        self._leave(chains, None)
        return chains

    def _leave(self, chains: Sequence[Chain], error: BaseException | None) -> None:
        for chain in chains:
            chain.leave(error)

    def _learn(self, block: Block, chains: Sequence[Chain]) -> None:
        learner, started = block.learner, time.monotonic()
        keys = [jax.random.fold_in(self.key, seed) for _, seed in block.lanes]
        lanes = Lanes(learner, keys, [learner.hyper(strategy) for strategy, _ in block.lanes], self.backend)
        ledger = Ledger.of(self.checkpoint, self.stream, learner, block.lanes, self.key, lanes)
        state, task, step = ledger.restored(lanes.start())
        for chain in chains:
            chain.enter()
        for done in range(task):
            self._task_done(chains, ledger, done, started)
        saved = time.monotonic()
        while task < self.stream.tasks:
            if step == 0:
                state = lanes.begin(state, task)
            while step < learner.steps(task):
                if self.stop.is_set():
                    raise CancelledError
                state, losses = lanes.segment(state, task, step)
                ledger.curve[:, task, step : step + losses.shape[1]] = losses
                step += losses.shape[1]
                self._mourn(chains, ledger, task, step)
                if all(chain.error for chain in chains):
                    return
                if self.checkpoint and time.monotonic() - saved >= self.checkpoint_seconds:
                    ledger.save(state, task, step)
                    saved = time.monotonic()
                if step < learner.steps(task):
                    self._tell(chains, task, (), step / learner.steps(task), 0)
            state, correct, curvature = lanes.finish(state, task)
            ledger.correct[:, task] = correct
            self._warn(chains, curvature, task)
            self._task_done(chains, ledger, task, started)
            task, step = task + 1, 0
            if self.checkpoint:
                ledger.save(state, task, step)
                saved = time.monotonic()
        for number, chain in enumerate(chains):
            if chain.error is None:
                chain.end(lanes.lane(state, number), time.monotonic() - started)

    def _task_done(self, chains: Sequence[Chain], ledger: Ledger, task: int, started: float) -> None:
        self._mourn(chains, ledger, task, ledger.curve.shape[2])
        for number, chain in enumerate(chains):
            if chain.error is None:
                chain.store(task, ledger.curve[number, task], ledger.correct[number, task], time.monotonic() - started)
                self._tell([chain], task, tuple(chain.matrix[task]), 1.0, 1)

    def _mourn(self, chains: Sequence[Chain], ledger: Ledger, task: int, steps: int) -> None:
        steps = min(steps, ledger.learner.steps(task))
        for number, chain in enumerate(chains):
            bad = np.flatnonzero(~np.isfinite(ledger.curve[number, task, :steps]))
            if chain.error is None and len(bad):
                chain.diverged(task, int(bad[0]))
                self._tell([chain], task, (), 1.0, self.stream.tasks - task)

    def _warn(self, chains: Sequence[Chain], curvature: np.ndarray, task: int) -> None:
        for chain, greatest in zip(chains, curvature, strict=True):
            rate = chain.learner.rate(chain.strategy)
            if chain.learner.recipe.optimiser is optax.sgd and rate * greatest > 2 and task < self.stream.tasks - 1:
                warnings.warn(
                    f"Strategy {chain.strategy.name!r}, seed {chain.seed}: after task {task} the penalty's greatest"
                    f" curvature is {greatest:.3g}; times the learning rate {rate:g} it is {rate * greatest:.3g}, and"
                    f" gradient descent diverges above 2. Lower the strength or the learning rate"
                    f" {rate * greatest / 2:.3g} times or more.",
                    stacklevel=2,
                )

    def _tell(self, chains: Sequence[Chain], task: int, accuracy: tuple[float, ...], share: float, tasks: int) -> None:
        for chain in chains:
            if chain.error is None or tasks:
                self.news.put(_News(chain.strategy.name, chain.seed, task, accuracy, share, tasks))

    def _wait(
        self, futures: Sequence[Future[list[Chain]]], lanes: int, progress: Callable[[Progress], None] | None
    ) -> list[Chain]:
        """Passes news on, in this thread, until every chain ended; an error of a block is raised here."""
        done, total = 0, lanes * self.stream.tasks
        while done < total:
            try:
                news = self.news.get(timeout=0.1)  # short, so that an interrupt comes in
            except queue.Empty:
                for future in futures:
                    if future.done():
                        future.result()
                continue
            done += news.tasks
            if progress is not None:
                progress(Progress(done, total, news.strategy, news.seed, news.task, news.accuracy, news.share))
        return [chain for future in futures for chain in future.result()]
