"""Streams × strategies × seeds: learn, measure, store."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import jax
import polars as pl

from workbench import traces
from workbench.continual.campaign import Block, Campaign
from workbench.continual.chain import Chain
from workbench.continual.divergence import room
from workbench.continual.engine import Data, Learner
from workbench.continual.lanes import backend_of
from workbench.continual.metrics.summary import MATRIX
from workbench.continual.progress import Progress
from workbench.continual.recipe import Recipe
from workbench.continual.record import describe, record_stream, record_summary
from workbench.continual.result import Result
from workbench.continual.strategies.strategy import Strategy
from workbench.continual.streams.stream import Stream
from workbench.errors import OptionError
from workbench.networks.compilation import keep_compiled

__all__ = ["run"]

_NOT_COMPILED: Final = frozenset({"name", "parameters", "hyper", "paper"})
_DEFAULTS: Final = Strategy._field_defaults


def run(
    stream: Stream,
    strategies: Sequence[Strategy],
    *,
    seeds: int | Sequence[int] = 3,
    recipe: Recipe | None = None,
    name: str | None = None,
    key: int = 0,
    backend: str = "auto",
    workers: int | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_seconds: float = 30.0,
    progress: Callable[[Progress], None] | None = None,
) -> Result:
    """Learns the tasks of a stream one after another, by each strategy and seed, and tests all tasks after each.

    Every strategy is compiled once, and `grid` makes strategies that share one program; seeds and strengths are lanes
    of it. Seed s has the same first weights and row orders under every strategy, so strategies are compared in pairs.
    The same arguments on the same machine give the same numbers; with `threads` that holds whatever `workers` is. What
    is learned is stored task by task: leaving the run early (an interrupt, an error) keeps everything up to there, and
    marks the rest as interrupted. With a checkpoint the same call goes on where it stopped, to the same bits.

    Args:
        stream: the tasks.
        strategies: one or more, with different names; the first is the baseline of paired differences.
        seeds: how many (0, 1, …) or which.
        recipe: how tasks are learned; by default 20 epochs of plain SGD on an MLP with two hidden layers of 256.
        name: of the run in the store; by default the stream's name.
        key: the run's key; another one draws everything anew.
        backend: how lanes run: `threads` over one program (the default on a CPU), `vmap` (on one accelerator),
            `shard_map` over all devices (on several); `auto` chooses.
        workers: lanes learned at a time; by default one per processor in threads, all of them elsewhere.
        checkpoint: a folder to go on from, if it has checkpoints of this run, and to write them to.
        checkpoint_seconds: how often to write within a task; the end of a task is always written.
        progress: called after every task and about every 200 steps, such as `Bar()`.

    Returns:
        Matrices, means with intervals over seeds, paired differences, failures and times.

    Raises:
        OptionError: no strategies, two of one name, one that needs tasks told on a stream that does not tell them, no
            seeds, a seed twice or below 0, workers below 1, an unknown back end.
        DataError: a checkpoint that is damaged or of another run.
        OutOfMemoryError: the device has no room for so many lanes.
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
    chosen, numbers = _strategies(strategies, stream), _seeds(seeds)
    way = backend_of(backend)
    at_a_time = _workers(workers, len(chosen) * len(numbers), way)
    cache = keep_compiled()
    parameters = {
        **describe(recipe),
        "stream": stream.name,
        **stream.parameters,
        "strategies": [strategy.name for strategy in chosen],
        "seeds": numbers,
        "workers": at_a_time,
        "lanes": way,
        "devices": jax.device_count(),
        "backend": jax.default_backend(),
        "compilation_cache": cache is not None,
    }
    record_stream(stream)
    name = stream.name if name is None else name
    with (
        traces.run("continual", name, parameters=parameters, seed=key, dataset_version=stream.version) as parent,
        ThreadPoolExecutor(at_a_time if way == "threads" else 1, thread_name_prefix="continual") as pool,
    ):
        first = {_program(strategy): strategy for strategy in reversed(chosen)}
        with room([strategy.name for strategy in chosen], at_a_time, recipe.batch_size):
            data = Data.of(stream)
            made = pool.map(lambda strategy: _timed(strategy, recipe, data, stream.classes, way), first.values())
            learners = dict(zip(first, made, strict=True))
        pairs = [(strategy, seed) for seed in numbers for strategy in chosen]
        blocks = [
            Block(learners[program][0], lanes[start : start + size])
            for program, lanes in _lanes(pairs).items()
            for size in [1 if way == "threads" else at_a_time]
            for start in range(0, len(lanes), size)
        ]
        if way == "threads":  # seed by seed, so that what an interrupted run leaves is complete pairs
            blocks.sort(key=lambda block: pairs.index(block.lanes[0]))
        folder = None if checkpoint is None else Path(checkpoint)
        campaign = Campaign(stream, jax.random.key(key), way, folder, checkpoint_seconds, at_a_time)
        chains = campaign.run(pool, blocks, progress)
        compiled = {strategy.name: learners[_program(strategy)][1] for strategy in chosen}
        result = _result(parent.run_id, name, stream, chains, compiled, at_a_time, started)
        record_summary(parent, result)
    return result


def _result(
    run_id: str,
    name: str,
    stream: Stream,
    chains: Sequence[Chain],
    compiled: Mapping[str, float],
    workers: int,
    started: float,
) -> Result:
    failures = [chain.error for chain in chains if chain.error is not None]
    if len(failures) == len(chains):
        raise failures[0]
    finished = [chain for chain in chains if chain.error is None]
    order = {name: place for place, name in enumerate(compiled)}
    finished.sort(key=lambda chain: (order[chain.strategy.name], chain.seed))
    cells = [
        (chain.strategy.name, chain.seed, step, task, chain.matrix[step, task])
        for chain in finished
        for step in range(stream.tasks)
        for task in range(stream.tasks)
    ]
    timing = [
        {
            "strategy": strategy,
            "compile_seconds": seconds,
            "learn_seconds": sum(chain.seconds for chain in finished if chain.strategy.name == strategy),
            "seeds": sum(chain.strategy.name == strategy for chain in finished),
        }
        for strategy, seconds in compiled.items()
    ]
    lanes = [
        {"strategy": chain.strategy.name, "seed": chain.seed, "seconds": chain.seconds, **chain.facts}
        for chain in finished
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
        lanes=pl.DataFrame(lanes),
        correct={(chain.strategy.name, chain.seed): chain.correct for chain in finished},
        workers=workers,
        seconds=time.monotonic() - started,
    )


def _timed(strategy: Strategy, recipe: Recipe, data: Data, classes: int, way: str) -> tuple[Learner, float]:
    started, learner = time.monotonic(), Learner(strategy, recipe, data, classes)
    if way == "threads":  # other back ends compile the program of all lanes when they come to it
        learner.compile()
    return learner, time.monotonic() - started


def _program(strategy: Strategy) -> Hashable:
    kept = [value for name, value in zip(strategy._fields, strategy, strict=True) if name not in _NOT_COMPILED]
    return (*kept, *sorted(strategy.hyper))


def _lanes(pairs: Sequence[tuple[Strategy, int]]) -> dict[Hashable, list[tuple[Strategy, int]]]:
    lanes: dict[Hashable, list[tuple[Strategy, int]]] = {}
    for strategy, seed in pairs:
        lanes.setdefault(_program(strategy), []).append((strategy, seed))
    return lanes


def _strategies(given: Sequence[Strategy], stream: Stream) -> list[Strategy]:
    hint = "run(stream, [naive(), replay(200)])"
    if isinstance(given, Strategy) or not isinstance(given, Sequence) or not given:
        raise OptionError(
            f"run was given strategies={given!r}; allowed is a list of one or more strategies.", hint=hint
        )
    for strategy in given:
        if not isinstance(strategy, Strategy):
            raise OptionError(f"run was given {strategy!r} as a strategy; a strategy is made by a call.", hint=hint)
        if strategy.needs_task and stream.scenario != "task":
            raise OptionError(
                f"Strategy {strategy.name!r} must be told the task of a test row; stream {stream.name!r} has the"
                f" scenario {stream.scenario!r}, which does not tell it.",
                hint="run(split(data, scenario='task'), …)",
            )
        acts = [name for name in ("before_task", "after_task") if getattr(strategy, name) is not _DEFAULTS[name]]
        if acts and not stream.boundaries:
            raise OptionError(
                f"Strategy {strategy.name!r} acts when a task begins or ends ({', '.join(acts)}); stream"
                f" {stream.name!r} is task-free: nobody says when that is.",
                hint="run(stream, [naive(), replay(200)]), which act at steps alone",
            )
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


def _workers(given: int | None, jobs: int, backend: str) -> int:
    if given is not None and given < 1:
        raise OptionError(f"run was given workers={given!r}; allowed is 1 or more.")
    if given is None:
        affinity = getattr(os, "sched_getaffinity", None)
        processors = len(affinity(0)) if affinity else os.cpu_count() or 1
        given = jobs if backend != "threads" else processors if jax.default_backend() == "cpu" else 1
    return min(given, jobs)
