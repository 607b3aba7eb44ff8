"""One strategy and seed over all tasks of a stream, and its rows in the store."""

from __future__ import annotations

import base64
import hashlib
import zlib
from contextvars import copy_context
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Bool, Float

from workbench import traces
from workbench.continual.cost import flops_of_steps
from workbench.continual.divergence import DivergenceError
from workbench.continual.engine import Learner, State
from workbench.continual.metrics.summary import MEASURES
from workbench.continual.record import describe
from workbench.continual.strategies.strategy import Strategy
from workbench.continual.streams.stream import Stream

__all__ = ["Chain"]


class Chain:
    """One strategy and seed, under way, finished or diverged; `enter` opens its run, `leave` closes it.

    Its run lives in a context of its own, so that chains of one thread lie beside one another in the tree of runs.
    """

    def __init__(self, stream: Stream, learner: Learner, strategy: Strategy, seed: int) -> None:
        self.stream, self.learner, self.strategy, self.seed = stream, learner, strategy, seed
        self.matrix = np.zeros((stream.tasks, stream.tasks))
        self.correct = np.zeros((stream.tasks, *stream.test.y.shape), bool)
        self.real = np.arange(stream.test.y.shape[1]) < stream.test.counts[:, None]
        self.error: DivergenceError | None = None
        self.seconds = 0.0
        self.facts: dict[str, Any] = {}
        self._context, self._manager, self._run = copy_context(), None, None

    def enter(self) -> None:
        """Opens the run in the store."""
        parameters = {
            **dict(self.strategy.parameters),
            **dict(self.strategy.hyper),
            "strategy": self.strategy.name,
            **describe(self.learner.recipe),
        }
        self._manager = traces.run(
            "continual",
            self.strategy.name,
            parameters=parameters,
            seed=self.seed,
            dataset_version=self.stream.version,
        )
        self._run = self._context.run(self._manager.__enter__)

    def leave(self, error: BaseException | None) -> None:
        """Closes the run, with the error that ended it; does nothing where it is closed."""
        manager, self._manager = self._manager, None
        if manager is None:
            return
        kind, origin = (None, None) if error is None else (type(error), error.__traceback__)
        self._context.run(manager.__exit__, kind, error, origin)

    def diverged(self, task: int, step: int) -> None:
        """The loss of a step was not finite: the run ends here."""
        steps = self.learner.epoch_steps(task)
        rate = self.learner.rate(self.strategy)
        self.error = DivergenceError(self.strategy.name, self.seed, task, step // steps, step % steps, rate)
        self.leave(self.error)

    def store(
        self, task: int, curve: Float[np.ndarray, " steps"], correct: Bool[np.ndarray, "t r"], seconds: float
    ) -> None:
        """Writes what came out of one task."""
        run, report = self._run, self.learner.report(task, curve[: self.learner.steps(task)], correct)
        if run is None:
            return
        self.correct[task] = correct & self.real
        self.matrix[task] = self.correct[task].sum(axis=1) / self.stream.test.counts
        for other, value in enumerate(self.matrix[task]):
            run.metric("accuracy", float(value), step=task, task=str(other))
        first = sum(len(self._losses(earlier)) for earlier in range(task))
        for epoch, loss in enumerate(report.loss):
            run.metric("loss", float(loss), step=first + epoch, task=str(task))
        run.metric("seconds", seconds, step=task)

    def end(self, state: State, seconds: float) -> None:
        """Writes what is known when all tasks are learned."""
        run, self.seconds = self._run, seconds
        if run is None:
            return
        for measure, function in MEASURES.items():
            value = function(self.matrix)
            known = bool(np.isfinite(value))
            reason = None if known else "undefined for one task"
            run.metric(measure, value if known else None, step=self.stream.tasks - 1, reason=reason)
        digest = hashlib.sha256()
        for leaf in jax.tree.leaves(state):
            digest.update(np.ascontiguousarray(leaf).tobytes())
        flops, why = flops_of_steps(self.learner, self.stream.tasks)
        self.facts = {
            "parameters": sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(state.network, eqx.is_inexact_array))),
            "memory_bytes": sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(state.memory)),
            "steps": sum(self.learner.steps(task) for task in range(self.stream.tasks)),
            "flops": flops,
            "digest": digest.hexdigest(),
        }
        noted = self.facts | {"flops": flops if why is None else None}
        for fact in ("parameters", "memory_bytes", "flops"):
            reason = why if noted[fact] is None else None
            run.metric(fact, noted[fact], step=self.stream.tasks - 1, reason=reason)
        packed = zlib.compress(np.packbits(self.correct).tobytes(), 6)
        run.note(**noted, correct=base64.b64encode(packed).decode(), correct_shape=list(self.correct.shape))

    def _losses(self, task: int) -> range:
        return range(-(-self.learner.steps(task) // self.learner.epoch_steps(task)))
