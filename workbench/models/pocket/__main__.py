"""`python -m workbench.models.pocket --evaluate`: what the pocket models can do, and what methods do to them.

Three parts: the tasks, the families of the curriculum by level and split, and the effects of methods. With `--tasks`,
`--families` or `--effects` only what is named is measured. Other sizes that lie in the package stand beside in the
first two parts; of the effects, those of size and of a cascade compare the one that is nearest in size.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import jax

from workbench.models.names import pocket_name
from workbench.models.pocket.card import (
    Figure,
    Other,
    card,
    effect_table,
    evaluate,
    evaluate_family,
    family_table,
    report,
    table,
)
from workbench.models.pocket.cascade import cascade
from workbench.models.pocket.effect import Effect, unknown
from workbench.models.pocket.effects import EFFECTS
from workbench.models.pocket.model import WEIGHTS, PocketModel
from workbench.training.curriculum.catalogue import families
from workbench.training.curriculum.exam import TASKS
from workbench.training.shipped import DEFAULT, shipped_sizes, weights_folder

__all__ = ["main"]

_CELL = 300  # problems of a family's level
_PAIRS = 400  # problems of an effect
_BESIDE = 300, 100  # of a task and of a family's level, of other sizes
_BY_NAME = {effect.__name__: effect for effect in EFFECTS}
_SIZES = "cascade"


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    known = {"tasks": tuple(TASKS), "families": _examined(), "effects": (*_BY_NAME, _SIZES)}
    parser = _parser(known)
    options = parser.parse_args(arguments)
    chosen = {name: _chosen(parser, name, getattr(options, name), allowed) for name, allowed in known.items()}
    if any(getattr(options, name) is not None for name in known):
        chosen = {name: names if getattr(options, name) is not None else () for name, names in chosen.items()}
    if options.limit < 1:
        parser.error(f"--limit {options.limit} is not allowed; allowed is 1 or more")
    if not options.evaluate and not options.card:
        parser.print_help()
        return
    started = time.perf_counter()
    folder = options.weights or WEIGHTS
    model = PocketModel.load(folder)
    beside = _beside(options)
    asked = len(chosen["tasks"]) + len(chosen["families"])
    progress = _Progress(asked * (1 + len(beside)) + len(chosen["effects"]))
    figures, by_family = _accuracy(model, chosen, options.limit, min(options.limit, _CELL), progress)
    others: list[Other] = []
    for other, place in beside:
        of_task, of_level = (min(options.limit, most) for most in _BESIDE)
        tasks, levels = _accuracy(other, chosen, of_task, of_level, progress)
        others.append(Other(other, place, (*tasks, *levels)))
    effects: list[Effect] = []
    for name in chosen["effects"]:
        progress.say(f"effect {name}")
        effects += _effect(name, model, [other for other, _ in beside], min(options.limit, _PAIRS))
    if options.card:
        text = card(model, figures, folder, by_family, effects, others)
        place = folder / "CARD.md" if options.weights else WEIGHTS.parent / "CARD.md"
        place.write_text(text, encoding="utf-8")
    if not options.json:
        tables = [table(figures, others)] if figures else []
        tables += [family_table(by_family, others)] if by_family else []
        tables += [effect_table(effects)] if effects else []
        sys.stdout.write("\n\n".join(tables) + "\n")
    everything: Sequence[Figure | Effect] = (*figures, *by_family, *effects)
    sys.stdout.write(json.dumps(report(everything, time.perf_counter() - started, others)) + "\n")


class _Progress:
    """Says on stderr what is measured now, and how long the whole has taken."""

    def __init__(self, steps: int) -> None:
        self._steps, self._step, self._began = steps, 0, time.perf_counter()

    def say(self, about: str) -> None:
        """What begins now."""
        self._step += 1
        minutes = (time.perf_counter() - self._began) / 60
        line = f"{self._step}/{self._steps} {about}, after {minutes:.1f} minutes"
        last = self._step == self._steps
        sys.stderr.write(f"\r{line:70s}" + "\n" * last if sys.stderr.isatty() else f"{line}\n")
        sys.stderr.flush()


def _beside(options: argparse.Namespace) -> list[tuple[PocketModel, Path]]:
    """The other models, with their folders."""
    places = {str(place): Path(place) for place in options.beside}
    if not options.beside and options.weights is None:
        places = {pocket_name(size): weights_folder(size) for size in shipped_sizes() if size != DEFAULT}
    return [(PocketModel.load(place, name), place) for name, place in places.items()]


def _accuracy(
    model: PocketModel, chosen: dict[str, tuple[str, ...]], limit: int, cell: int, progress: _Progress
) -> tuple[list[Figure], list[Figure]]:
    figures: list[Figure] = []
    for task in chosen["tasks"]:
        progress.say(f"{model.name}: {task}")
        figures += evaluate(model, limit, (task,))
    by_family: list[Figure] = []
    for name in chosen["families"]:
        progress.say(f"{model.name}: {name}")
        by_family += evaluate_family(model, families()[name], cell)
    return figures, by_family


def _effect(name: str, model: PocketModel, beside: Sequence[PocketModel], count: int) -> list[Effect]:
    if name != _SIZES:
        return _BY_NAME[name](model, count)
    if not beside:
        return [unknown("larger_over_smaller", "and a cascade", "no other size is here")]
    other = min(beside, key=lambda other: abs(_parameters(other) - _parameters(model)))
    small, large = sorted((model, other), key=_parameters)
    return cascade(small, large, count)


def _parameters(model: PocketModel) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(model.network))


def _examined() -> tuple[str, ...]:
    return tuple(name for name in families() if name != "small_talk")  # whose few forms are all trained on


def _chosen(parser: argparse.ArgumentParser, name: str, given: str | None, allowed: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(given.split(",")) if given else allowed
    if unknown_names := [each for each in names if each not in allowed]:
        parser.error(f"unknown {name} {unknown_names!r}; allowed are {', '.join(allowed)}")
    return names


def _parser(known: dict[str, tuple[str, ...]]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m workbench.models.pocket", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--evaluate", action="store_true", help="ask the held-out problems")
    parser.add_argument(
        "--limit",
        type=int,
        default=1000,
        help=f"problems of each task (default 1000); at most {_CELL} of a family's level and {_PAIRS} of an effect, "
        f"and of other sizes {_BESIDE[0]} of a task and {_BESIDE[1]} of a level",
    )
    for name, allowed in known.items():
        parser.add_argument(f"--{name}", nargs="?", const="", help=f"comma-separated; all: {','.join(allowed)}")
    parser.add_argument("--json", action="store_true", help="print the JSON object alone")
    parser.add_argument("--card", action="store_true", help="write CARD.md, of other weights into their folder")
    parser.add_argument("--weights", type=Path, help="folder of other weights than those of the package")
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="FOLDER",
        help="another model that is measured too; may be given again (default: the other sizes of the package)",
    )
    return parser


if __name__ == "__main__":
    main()
