"""`python -m workbench.models.pocket --evaluate`: held-out accuracy of the pocket model, task by task."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from workbench.models.pocket.card import card, evaluate, report, table
from workbench.models.pocket.model import WEIGHTS, PocketModel
from workbench.training.curriculum.exam import TASKS

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser("python -m workbench.models.pocket", description=__doc__)
    parser.add_argument("--evaluate", action="store_true", help="ask the held-out problems")
    parser.add_argument("--limit", type=int, default=1000, help="problems of each task (default 1000)")
    parser.add_argument("--tasks", help=f"comma-separated; default all: {','.join(TASKS)}")
    parser.add_argument("--json", action="store_true", help="print the JSON object alone")
    parser.add_argument("--card", action="store_true", help="write CARD.md beside the weights' folder")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the weights")
    options = parser.parse_args(arguments)
    tasks = options.tasks.split(",") if options.tasks else list(TASKS)
    if unknown := [task for task in tasks if task not in TASKS]:
        parser.error(f"unknown tasks {unknown!r}; allowed are {', '.join(TASKS)}")
    if options.limit < 1:
        parser.error(f"--limit {options.limit} is not allowed; allowed is 1 or more")
    if not options.evaluate and not options.card:
        parser.print_help()
        return
    started = time.perf_counter()
    model = PocketModel.load(options.weights)
    figures = evaluate(model, options.limit, tasks)
    if options.card:
        (options.weights.parent / "CARD.md").write_text(card(model, figures, options.weights), encoding="utf-8")
    if not options.json:
        sys.stdout.write(table(figures) + "\n")
    sys.stdout.write(json.dumps(report(figures, time.perf_counter() - started)) + "\n")


if __name__ == "__main__":
    main()
