"""One worker thread that generates for all requests that wait, together."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from workbench.networks.decoding import Decoder
from workbench.networks.sampling import Sampling

__all__ = ["Engine", "Job"]

_MOST = 32
_COLLECT_SECONDS = 0.002


@dataclass(eq=False, slots=True)
class Job:
    """A prompt to go on from.

    Args:
        prompt: ids.
        sampling: how to draw.
        take: called in the worker thread with each id and its logits; false ends the job.
        done: called in the worker thread at the job's end, with whether it ended as it should.
        cancelled: set from any thread to end the job at its next token.
    """

    prompt: Sequence[int]
    sampling: Sampling
    take: Callable[[int, np.ndarray], bool]
    done: Callable[[bool], None]
    cancelled: threading.Event = field(default_factory=threading.Event)


class Engine:
    """Runs jobs in batches.

    A job waits two milliseconds for others to come along; those that come while a batch is being written make the next
    one, of at most 32. What a job is given does not depend on its company, but for the last bits of floating point:
    products of other shapes round differently.

    Args:
        decoder: what generates.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._waiting: deque[Job] = deque()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="pocket")

    def submit(self, job: Job) -> Future[None]:
        """Queue a job; the future fails with what went wrong in the worker, and otherwise says nothing."""
        self._waiting.append(job)
        return self._worker.submit(self._run)

    def _run(self) -> None:
        if not self._waiting:  # an earlier turn of the worker took the job along
            return
        time.sleep(_COLLECT_SECONDS)
        jobs: list[Job] = []
        while self._waiting and len(jobs) < _MOST:
            job = self._waiting.popleft()
            if job.cancelled.is_set():
                job.done(True)
            else:
                jobs.append(job)
        if not jobs:
            return
        going = set(range(len(jobs)))
        written = [0] * len(jobs)

        def emit(row: int, id: int, logits: np.ndarray) -> bool:
            job = jobs[row]
            written[row] += 1
            room = len(job.prompt) + written[row] < self._decoder.model.config.context
            room = room and (job.sampling.max_tokens is None or written[row] < job.sampling.max_tokens)
            more = not job.cancelled.is_set() and job.take(id, logits) and id not in self._decoder.stops
            if more and room:
                return True
            going.discard(row)
            job.done(True)
            return False

        try:
            self._decoder.generate([job.prompt for job in jobs], [job.sampling for job in jobs], emit)
        finally:
            for row in going:
                jobs[row].done(False)
