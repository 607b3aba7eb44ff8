"""TRACE's protocol on the pocket model: what fine-tuning on one task after another does to it, with and without steps.

    python benchmarks/continual_trace.py [--quick] [--seeds 3] [--steps 150] [--held-out 50] [--weights FOLDER]

Tasks in turn: word problems, arithmetic, verification. Each is learned plainly (sequential fine-tuning), and with its
steps worked out (reasoning-augmented, RCL). Measured by TRACE's definitions: overall performance, backward transfer,
and how general ability, following of instructions and refusal changed. Three seeds of 150 steps a task and 50 problems
a family, about half an hour on two idle cores; `--quick`: one seed of 10 steps and 10 problems, without intervals.
Claimed by the paper: general ability falls by plain fine-tuning, and less with steps. What the model cannot do before
it cannot lose: look at the shares before the first task.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
from reporting import Figure, finish

from workbench import traces
from workbench.continual.fine_tuning import fine_tune
from workbench.continual.metrics import t_interval
from workbench.networks.checkpoint_folder import Checkpoint
from workbench.networks.compilation import keep_compiled
from workbench.training.shipped import weights_folder
from workbench.training.training_config import TrainingConfig


def told(name: str, shares: Mapping[str, float]) -> None:
    """Prints where it stands."""
    print(
        f"  after {name or 'nothing':20} " + "  ".join(f"{of} {share:.2f}" for of, share in shares.items()), flush=True
    )


def measured(values: list[float], name: str) -> Figure:
    """The mean over seeds in points, with its interval."""
    found = t_interval([100 * value for value in values])
    sides = {"value": found.value, "low": found.low, "high": found.high}
    rounded = {side: None if value is None else round(value, 2) for side, value in sides.items()}
    return {"figure": name, "unit": "points", **rounded, "n": len(values)}


def main() -> None:
    """Learns, asks and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed, few steps and problems")
    parser.add_argument(
        "--weights", type=Path, default=weights_folder(), help="a checkpoint; by default the pocket model"
    )
    parser.add_argument("--seeds", type=int, help="how many")
    parser.add_argument("--steps", type=int, help="of each task")
    parser.add_argument("--held-out", type=int, help="problems asked of each family")
    given = parser.parse_args()
    quick = given.quick
    seeds, held_out = given.seeds or (1 if quick else 3), given.held_out or (10 if quick else 50)
    keep_compiled()
    began, start = time.perf_counter(), Checkpoint.open(given.weights)
    config = TrainingConfig(steps=given.steps or (10 if quick else 150), rate=3e-4, warmup=5)
    columns: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        traces.use(f"{folder}/traces.duckdb")
        for seed in range(seeds):
            found: list[dict[str, float]] = []
            for reasoned in (False, True):
                print(f"seed {seed}, {'with steps (RCL)' if reasoned else 'plain'}", flush=True)
                options: dict[str, Any] = {"held_out": held_out, "rows": 8, "seed": seed, "progress": told}
                made = fine_tune(start.network, start.template, reasoned=reasoned, config=config, **options)
                found.append(dict(made.measures.iter_rows()))
            for measure, plain in found[0].items():
                columns.setdefault(f"031 plain: {measure}", []).append(plain)
                columns.setdefault(f"031 RCL: {measure}", []).append(found[1][measure])
                columns.setdefault(f"031 RCL - plain: {measure}", []).append(found[1][measure] - plain)
    figures = [measured(values, name) for name, values in columns.items()]
    for figure in figures:
        bounds = "" if figure["low"] is None else f"  [{figure['low']:.2f}, {figure['high']:.2f}]"
        print(f"{figure['figure']:48} {figure['value']:7.2f} {figure['unit']}{bounds}")
    finish("continual_trace", began, figures, jax.default_backend(), f"jax {jax.__version__}")


if __name__ == "__main__":
    main()
