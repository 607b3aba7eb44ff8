"""Train a pocket model: `python -m workbench.training.pocket`.

    python -m workbench.training.pocket [--size 300k|1m|4m|10m] [--seed 0] [--out FOLDER]

Everything comes from the seed. An interrupted run goes on from its checkpoint with the same command and ends with the
same weights; these are written when the last step is done, by default into the package, where `-m pocket:SIZE` finds
them. Expected on two quiet cores: 300k in half an hour, 1m in two hours, 4m in three; the expected duration is printed
after 100 steps.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import jax
import numpy as np

from workbench import traces
from workbench.messages import Json
from workbench.networks.chat_template import SPECIALS, ChatTemplate, render_call, render_tool
from workbench.networks.checkpoint import save_transformer
from workbench.networks.compilation import keep_compiled
from workbench.networks.tokenizer import Tokenizer
from workbench.networks.transformer import Transformer
from workbench.training.checkpoint import checkpoint_facts
from workbench.training.curriculum.mixture import Mixture, history, training_problem
from workbench.training.measure import held_out_accuracy
from workbench.training.progress import Progress
from workbench.training.recipe import RECIPES, recipe
from workbench.training.shipped import DEFAULT, weights_folder
from workbench.training.trainer import TrainingState, train

__all__ = ["main", "train_tokenizer"]

_ENDS = {"bos": "<|begin|>", "eos": "<|end|>", "pad": "<|pad|>"}


def train_tokenizer(seed: int, mixture: Mixture, size: int, problems: int = 6000) -> Tokenizer:
    """A tokenizer learned from training problems."""
    rng = np.random.default_rng([seed, 0])

    def texts() -> Iterator[str]:
        for _ in range(problems):
            problem = training_problem(rng, mixture)
            yield from (render_tool(tool) for tool in problem.tools)
            for message in history(problem):
                yield message.text
                yield from (render_call(call) for call in message.tool_calls)

    return Tokenizer.train(texts(), SPECIALS, size)


class _Run:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.out: Path = options.out or weights_folder(options.size)
        self.folder: Path = options.checkpoint or Path("build") / f"pocket-{options.size}"
        self.recipe = recipe(options.size)
        if options.steps is not None:
            self.recipe = self.recipe.scaled(options.steps)
        self.tokenizer = train_tokenizer(options.seed, self.recipe.lessons[0].first, self.recipe.shape.vocabulary)
        self.template = ChatTemplate(self.tokenizer)
        self.measured = time.monotonic()
        self.told = False

    def go(self) -> None:
        """Train lesson by lesson, write the weights, and print the JSON line."""
        options, steps = self.options, self.recipe.steps
        if options.restart and self.folder.exists():
            shutil.rmtree(self.folder)
        model = Transformer.init(self.recipe.shape, jax.random.key(options.seed))
        size = sum(leaf.size for leaf in jax.tree.leaves(model))
        self.say(f"pocket-{options.size}: {size:,} parameters, {steps} steps, checkpoint in {self.folder}")
        if facts := self.facts():
            self.say(f"going on after step {facts['step']} of session {facts['sessions']}")
        with contextlib.ExitStack() as stack:
            run = None
            if options.store:
                traces.use(options.store)
                chosen: dict[str, Json] = {"size": options.size, "parameters": size, "data": self.recipe.told()}
                chosen |= {"lessons": [asdict(lesson.training) for lesson in self.recipe.lessons]}
                chosen |= {"rows": self.recipe.rows, "length": self.recipe.length}
                run = stack.enter_context(
                    traces.run("training", f"pocket-{options.size}", parameters=chosen, seed=options.seed)
                )
            until = time.time() + 60 * options.minutes if options.minutes else None
            for number in range(len(self.recipe.lessons)):
                model = self.learn(number, model, run, until)
        facts = self.facts()
        if facts.get("step", 0) < steps:
            self.say(f"stopped after step {facts['step']} of {steps}; the same command goes on from there")
        else:
            self.write(model, facts)
            self.say(f"weights in {self.out}")
        self.say(json.dumps({"name": "pocket_training", **self.record(facts)}))

    def learn(self, number: int, model: Transformer, run: traces.Run | None, until: float | None) -> Transformer:
        """The weights after a lesson; those given, where an earlier lesson is not at its end."""
        lessons = self.recipe.lessons
        before = sum(lesson.training.steps for lesson in lessons[:number])
        if self.facts().get("step", 0) < before:
            return model

        def report(progress: Progress, state: TrainingState) -> None:
            for name, value in self.figures(before, progress, state).items():
                if run is not None:
                    run.metric(name, value, step=before + progress.step)

        return train(
            model,
            lambda step: self.recipe.batch(self.template, self.options.seed, number, step),
            lessons[number].training,
            folder=self.lesson_folder(number),
            every=self.options.every,
            report=report,
            until=until,
        ).model

    def lesson_folder(self, number: int) -> Path:
        """Of a lesson's checkpoint."""
        return self.folder / f"lesson-{number + 1}"

    def facts(self) -> dict[str, Json]:
        """What the lessons' checkpoints say, summed up; nothing where there is none."""
        folders = (self.lesson_folder(number) for number in range(len(self.recipe.lessons)))
        found = [facts for folder in folders if (facts := checkpoint_facts(folder))]
        if not found:
            return {}
        sums: dict[str, Json] = {name: sum(each[name] for each in found) for name in ("step", "tokens", "seconds")}
        # a session that ends a lesson begins the next one
        return sums | {"sessions": sum(each["sessions"] for each in found) - len(found) + 1}

    def figures(self, before: int, progress: Progress, state: TrainingState) -> dict[str, float]:
        """Print where the run stands; every few minutes measure."""
        done, steps, left = before + progress.step, self.recipe.steps, progress.remaining_seconds
        if left is not None and progress.step < progress.steps:  # later lessons have steps of the same length
            left *= (steps - done) / (progress.steps - progress.step)
        if left is not None and not self.told and progress.step >= 100:
            self.told = True
            self.say(f"expected: {left / 60:.0f} minutes more")
        bar = "█" * round(20 * done / steps)
        self.say(
            f"{bar:░<20} step {done:6d}/{steps}  loss {progress.loss:.4f}  rate {progress.rate:.1e}  "
            f"{progress.tokens_per_second:,.0f} tokens/s  {progress.seconds / 60:.1f} min"
            + ("" if left is None else f", {left / 60:.1f} left")
        )
        figures = {"loss": progress.loss, "tokens_per_second": progress.tokens_per_second, "rate": progress.rate}
        figures |= {"gradient_norm": progress.gradient_norm, "tokens": float(progress.tokens)}
        due = time.monotonic() - self.measured > 60 * self.options.measure_minutes
        if due or done == steps:
            accuracy = held_out_accuracy(state.model, self.template, self.options.measure_count)
            self.say("  held out: " + "  ".join(f"{name} {value:.2f}" for name, value in accuracy.items()))
            figures |= {f"held_out_{name}": value for name, value in accuracy.items()}
            self.measured = time.monotonic()
        return figures

    def write(self, model: Transformer, facts: dict[str, Json]) -> None:
        """The weights in the public layout, the tokenizer and the record."""
        special = {f"{name}_token_id": self.tokenizer.special(token) for name, token in _ENDS.items()}
        save_transformer(model, self.out, "float16", **special)
        self.tokenizer.save(self.out / "tokenizer.json")
        text = json.dumps(self.record(facts), indent=2) + "\n"
        (self.out / "training.json").write_text(text, encoding="utf-8")

    def record(self, facts: dict[str, Json]) -> dict[str, Json]:
        """What the card says of the run."""
        options = self.options
        return {
            "command": f"python -m workbench.training.pocket --size {options.size} --seed {options.seed}"
            + (f" --steps {options.steps}" if options.steps else ""),
            "size": options.size,
            "seed": options.seed,
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, {jax.default_backend()}",
            "data": self.recipe.told(),
            "steps": facts.get("step", 0),
            **{name: facts.get(name) for name in ("tokens", "seconds", "sessions")},
        }

    def say(self, line: str) -> None:
        """Print a line at once."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    options = _parser().parse_args(arguments)
    keep_compiled()
    _Run(options).go()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m workbench.training.pocket", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--size", choices=tuple(RECIPES), default=DEFAULT, help=f"parameters (default {DEFAULT})")
    parser.add_argument("--seed", type=int, default=0, help="of the weights and of the data (default 0)")
    parser.add_argument("--steps", type=int, help="updates, for a shorter or longer run than the recipe's")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes; the same command goes on")
    parser.add_argument(
        "--out", type=Path, help="folder for weights and tokenizer (default: the size's in the package)"
    )
    parser.add_argument("--checkpoint", type=Path, help="folder of the checkpoint (default build/pocket-SIZE)")
    parser.add_argument("--restart", action="store_true", help="begin again although there is a checkpoint")
    parser.add_argument("--store", type=Path, help="trace store in which to record the run and its metrics")
    parser.add_argument("--every", type=int, default=50, help="steps between lines of progress (default 50)")
    parser.add_argument("--measure-minutes", type=float, default=10.0, help="minutes between held-out measurements")
    parser.add_argument("--measure-count", type=int, default=50, help="held-out problems of a family (default 50)")
    return parser


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the checkpoint is written, and the same command goes on from there\n")
        sys.exit(130)
