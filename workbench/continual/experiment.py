"""Streams × strategies × seeds: learn, measure, store."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import jax
import polars as pl

from workbench import traces
from workbench.continual.campaign import Campaign, Chain
from workbench.continual.engine import Data, Learner, Recipe
from workbench.continual.metrics.summary import MATRIX
from workbench.continual.progress import Progress
from workbench.continual.record import describe, record_stream, record_summary
from workbench.continual.result import Result
from workbench.continual.strategies.strategy import Strategy
from workbench.continual.streams.stream import Stream
from workbench.errors import OptionError
from workbench.networks.compilation import keep_compiled

__all__ = ["run"]


def run(
    stream: Stream,
    strategies: Sequence[Strategy],
    *,
    seeds: int | Sequence[int] = 3,
    recipe: Recipe | None = None,
    name: str | None = None,
    key: int = 0,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Result:
    """Learns the tasks of a stream one after another, by each strategy and seed, and tests all tasks after each.

    Every strategy is compiled once; its seeds share that program and run in threads beside one another. Seed s has the
    same first weights and row orders under every strategy, so strategies are compared in pairs. The same arguments on
    the same machine give the same numbers, whatever `workers` is. What is learned is stored task by task: leaving the
    run early (an interrupt, an error) keeps everything up to there, and marks the rest as interrupted.

    Args:
        stream: the tasks.
        strategies: one or more, with different names; the first is the baseline of paired differences.
        seeds: how many (0, 1, …) or which.
        recipe: how tasks are learned; by default 20 epochs of plain SGD on an MLP with two hidden layers of 256.
        name: of the run in the store; by default the stream's name.
        key: the run's key; another one draws everything anew.
        workers: seeds learned at a time; by default one per processor on CPU, 1 elsewhere.
        progress: called after every task, such as `Bar()`.

    Returns:
        Matrices, means with intervals over seeds, paired differences, failures and times.

    Raises:
        OptionError: no strategies, two of one name, no seeds, a seed twice or below 0, workers below 1.
        DivergenceError: the loss stopped being finite in every seed of every strategy. A seed that diverges beside
            others that do not is left out, and listed in `Result.failures`.

    Example:
        >>> from workbench.continual import Recipe, digits, naive, replay, run, split
        >>> quick = Recipe(epochs=1)
        >>> result = run(split(digits()), [naive(), replay(200)], seeds=2, recipe=quick)
        >>> result.summary["strategy"].unique(maintain_order=True).to_list()
        ['naive', 'replay-200']
    """
    started = time.monotonic()
    recipe = Recipe() if recipe is None else recipe
    chosen, numbers = _strategies(strategies), _seeds(seeds)
    threads = _workers(workers, len(chosen) * len(numbers))
    cache = keep_compiled()
    parameters = {
        **describe(recipe),
        "stream": stream.name,
        **stream.parameters,
        "strategies": [strategy.name for strategy in chosen],
        "seeds": numbers,
        "workers": threads,
        "backend": jax.default_backend(),
        "compilation_cache": cache is not None,
    }
    record_stream(stream)
    name = stream.name if name is None else name
    with (
        traces.run("continual", name, parameters=parameters, seed=key, dataset_version=stream.version) as parent,
        ThreadPoolExecutor(threads, thread_name_prefix="continual") as pool,
    ):
        data = Data.of(stream)
        learners = list(pool.map(lambda strategy: _timed(strategy, recipe, data, stream.classes), chosen))
        chains = Campaign(stream, jax.random.key(key)).run(
            pool, [learner for learner, _ in learners], numbers, progress
        )
        result = _result(parent.run_id, name, stream, chains, learners, threads, started)
        record_summary(parent, result)
    return result


def _result(
    run_id: str,
    name: str,
    stream: Stream,
    chains: Sequence[Chain],
    learners: Sequence[tuple[Learner, float]],
    workers: int,
    started: float,
) -> Result:
    failures = [chain.error for chain in chains if chain.error is not None]
    if len(failures) == len(chains):
        raise failures[0]
    finished = [chain for chain in chains if chain.error is None]
    order = {learner.strategy.name: place for place, (learner, _) in enumerate(learners)}
    cells = [
        (chain.strategy, chain.seed, step, task, chain.matrix[step, task])
        for chain in sorted(finished, key=lambda chain: (order[chain.strategy], chain.seed))
        for step in range(stream.tasks)
        for task in range(stream.tasks)
    ]
    timing = [
        {
            "strategy": learner.strategy.name,
            "compile_seconds": compile_seconds,
            "learn_seconds": sum(chain.seconds for chain in finished if chain.strategy == learner.strategy.name),
            "seeds": sum(chain.strategy == learner.strategy.name for chain in finished),
        }
        for learner, compile_seconds in learners
    ]
    places = {"strategy": pl.String, "seed": pl.Int64, "task": pl.Int64, "epoch": pl.Int64, "step": pl.Int64}
    return Result(
        run_id=run_id,
        name=name,
        stream=stream,
        matrix=pl.DataFrame(cells, schema=MATRIX, orient="row"),
        failures=pl.DataFrame(
            [(*error.place, error.message) for error in failures], schema={**places, "message": pl.String}, orient="row"
        ),
        timing=pl.DataFrame(timing),
        workers=workers,
        seconds=time.monotonic() - started,
    )


def _timed(strategy: Strategy, recipe: Recipe, data: Data, classes: int) -> tuple[Learner, float]:
    started = time.monotonic()
    return Learner(strategy, recipe, data, classes), time.monotonic() - started


def _strategies(given: Sequence[Strategy]) -> list[Strategy]:
    hint = "run(stream, [naive(), replay(200)])"
    if isinstance(given, Strategy) or not isinstance(given, Sequence) or not given:
        raise OptionError(
            f"run was given strategies={given!r}; allowed is a list of one or more strategies.", hint=hint
        )
    for strategy in given:
        if not isinstance(strategy, Strategy):
            raise OptionError(f"run was given {strategy!r} as a strategy; a strategy is made by a call.", hint=hint)
    names = [strategy.name for strategy in given]
    for name in names:
        if names.count(name) > 1:
            raise OptionError(
                f"run was given {names.count(name)} strategies named {name!r}; names must differ.",
                hint="replay(200, rows=64, name='replay-200x64')",
            )
    return list(given)


def _seeds(given: int | Sequence[int]) -> list[int]:
    seeds = list(range(given)) if isinstance(given, int) else [int(seed) for seed in given]
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise OptionError(
            f"run was given seeds={given!r}; allowed is a number from 1 or different seeds from 0.",
            hint="run(stream, strategies, seeds=3)",
        )
    return seeds


def _workers(given: int | None, jobs: int) -> int:
    if given is not None and given < 1:
        raise OptionError(f"run was given workers={given!r}; allowed is 1 or more.")
    if given is None:
        affinity = getattr(os, "sched_getaffinity", None)
        processors = len(affinity(0)) if affinity else os.cpu_count() or 1
        given = processors if jax.default_backend() == "cpu" else 1
    return min(given, jobs)
