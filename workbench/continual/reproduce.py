"""Runs a published experiment and shows its table beside the published one.

    python -m workbench.continual.reproduce split-mnist --data mnist.npz --seeds 5 [--scenario task] [--strategies …]

Every run is stored. The last line is a JSON object with the figures.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import polars as pl

from workbench.continual.experiment import run
from workbench.continual.metrics.summary import summarise
from workbench.continual.progress import Bar
from workbench.continual.protocols import PROTOCOLS, Protocol, Setting
from workbench.errors import OptionError, WorkbenchError, nearest

__all__ = ["figures", "main", "table"]

_NEAR = 3.0  # points within which a figure that hangs on no tuned strength counts as reproduced


def figures(
    protocol: Protocol, scenario: str, names: Sequence[str], summary: pl.DataFrame, shortened: bool = False
) -> list[dict[str, Any]]:
    """One figure for each strategy: average accuracy in percent with its interval, and the published one.

    Args:
        protocol: what was run.
        scenario: in which scenario.
        names: the strategies by their published names, in the order of the run.
        summary: means over seeds, as `Result.summary` has them.
        shortened: whether it was run in less than the published setting, whose figures are then no aim.
    """
    made = {strategy.name: name for name, strategy in protocol.strategies(scenario).items() if name in names}
    rows = []
    for row in summary.filter(measure="average_accuracy").iter_rows(named=True):
        name = made[row["strategy"]]
        published = protocol.published.get((scenario, name))
        value = _percent(row["value"])
        figure: dict[str, Any] = {
            "figure": f"{scenario}: {name}",
            "value": value,
            "unit": "%",
            "low": _percent(row["low"]),
            "high": _percent(row["high"]),
            "n": row["seeds"],
            "published": published,
        }
        if row["reason"]:
            figure["why"] = row["reason"]
        if published is not None and name not in protocol.tuned and value is not None and not shortened:
            figure |= {"aim": f"within {_NEAR:g} of {published}", "met": abs(value - published) <= _NEAR}
        rows.append(figure)
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The figures as lines of text, ours beside the published ones."""
    head = f"{'scenario: strategy':24}{'here':>8}  {'95% interval':15}{'seeds':>5}{'published':>11}{'difference':>12}"
    lines = [head, "-" * len(head)]
    for row in rows:
        value, published = row["value"], row["published"]
        bounds = "" if row["low"] is None else f"{row['low']:.2f}–{row['high']:.2f}"
        difference = "" if published is None or value is None else f"{value - published:+.2f}"
        lines.append(
            f"{row['figure']:24}{'' if value is None else f'{value:.2f}':>8}  {bounds:15}{row['n']:>5}"
            f"{'' if published is None else f'{published:.2f}':>11}{difference:>12}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns its exit status."""
    given = _parser().parse_args(arguments)
    began = time.monotonic()
    try:
        rows = _reproduce(given)
    except WorkbenchError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted; the tasks learned so far are stored.", file=sys.stderr)
        return 130
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {jax.default_backend()}, jax {jax.__version__}"
    print(f"\n{table(rows)}\n\n{PROTOCOLS[given.experiment].source}\nload averages at the end: {load}")
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"name": given.experiment, "machine": machine, "seconds": seconds, "figures": rows}))
    return 0


def _reproduce(given: argparse.Namespace) -> list[dict[str, Any]]:
    protocol = PROTOCOLS[given.experiment].at_strengths() if given.grid else PROTOCOLS[given.experiment]
    scenarios: Sequence[str] = given.scenario or protocol.scenarios
    known = list(dict.fromkeys(name for scenario in scenarios for name in protocol.strategies(scenario)))
    families = list(dict.fromkeys(name.split()[0] for name in known))  # with a grid, a name and its strength
    for name in given.strategies or ():
        if name not in (*families, *known):
            raise OptionError(
                f"{protocol.name} was asked for the strategy {name!r}; there are {', '.join(families)}.",
                hint=nearest(name, families) or f"--strategies {' '.join(families)}",
            )
    wanted = [name for name in known if {name, name.split()[0]} & set(given.strategies or families)]
    if protocol.needs_data and given.data is None:
        raise OptionError(
            f"{protocol.name} needs MNIST, which is not shipped with the workbench.",
            hint=f"python -m workbench.continual.reproduce {protocol.name} --data mnist.npz",
        )
    short = protocol.short
    setting = Setting(given.data, given.rows, given.steps)
    if not given.full:
        setting = Setting(
            given.data,
            short.rows if given.rows is None else given.rows,
            short.steps if given.steps is None else given.steps,
        )
    print(f"{protocol.name}: {protocol.about}\ndepartures: {protocol.departures}")
    shortened = setting.rows is not None or setting.steps is not None
    if shortened:
        print(f"SHORTENED: rows={setting.rows or 'all'}, steps={setting.steps or 'all'}; not the published setting")
    rows: list[dict[str, Any]] = []
    for scenario in scenarios:
        strategies = protocol.strategies(scenario)
        names = [name for name in wanted if name in strategies]
        print(f"\n{scenario}: {', '.join(names)}, {given.seeds} seeds", flush=True)
        seeds, runs, seconds = list[pl.DataFrame](), list[str](), 0.0
        for part in ([[seed + 1] for seed in range(given.seeds)] if protocol.reordered else []) or [[]]:
            result = run(
                protocol.stream(scenario, setting, *part) if protocol.reordered else protocol.stream(scenario, setting),
                [strategies[name] for name in names],
                seeds=part or given.seeds,
                recipe=protocol.recipe(scenario, setting),
                name=f"{protocol.name}-{scenario}",
                workers=given.workers,
                checkpoint=None if given.checkpoint is None else given.checkpoint.joinpath(scenario, *map(str, part)),
                progress=None if given.no_progress else Bar(),
            )
            seeds.append(result.seeds)  # and not the result, which holds its stream
            runs.append(result.run_id)
            seconds += result.seconds
        new = figures(protocol, scenario, names, summarise(pl.concat(seeds)), shortened)
        rows += new
        print(f"{table(new)}\n{seconds:.0f} s; run {', '.join(runs)}", flush=True)
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m workbench.continual.reproduce",
        description="Runs a published experiment and shows its table beside the published one.",
        epilog="split-mnist, one strategy, scenario and seed: about a minute on one idle core.",
    )
    parser.add_argument("experiment", choices=list(PROTOCOLS))
    parser.add_argument("--data", type=Path, help="MNIST: an npz file or a folder with the four IDX files")
    parser.add_argument("--seeds", type=int, default=5, help="how many (default 5)")
    parser.add_argument("--scenario", nargs="+", choices=("task", "domain", "class"), help="by default all")
    parser.add_argument(
        "--strategies",
        nargs="+",
        metavar="NAME",
        help="by default all that the protocol has; with --grid also one point of it, as in 'ewc 10000'",
    )
    parser.add_argument("--grid", action="store_true", help="each tuned strategy at several strengths")
    parser.add_argument("--steps", type=int, help="steps of each task, to shorten it; said in the output")
    parser.add_argument("--rows", type=int, help="rows to learn of the data, to shorten it; said in the output")
    parser.add_argument("--full", action="store_true", help="as long as published, where the default is shorter")
    parser.add_argument("--workers", type=int, help="seeds learned at a time")
    parser.add_argument("--checkpoint", type=Path, help="a folder to go on from and to write checkpoints to")
    parser.add_argument("--no-progress", action="store_true", help="no progress bar")
    return parser


def _percent(share: float | None) -> float | None:
    return None if share is None or math.isnan(share) else round(100 * share, 2)


if __name__ == "__main__":
    raise SystemExit(main())
