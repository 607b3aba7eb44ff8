"""Train the pocket model: `python -m workbench.training.pocket --seed 0 --out workbench/models/pocket/weights`.

About 1.05 million parameters; the command, the seed and the figures of the shipped weights are in the model's card.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np

from workbench import traces
from workbench.messages import Json
from workbench.networks.chat_template import SPECIALS, ChatTemplate, render_call, render_tool
from workbench.networks.checkpoint import save_transformer
from workbench.networks.tokenizer import Tokenizer
from workbench.networks.transformer import Transformer, TransformerConfig
from workbench.training.curriculum.mixture import FIRST, SECOND, THIRD, Mixture, history, training_problem
from workbench.training.measure import held_out_accuracy
from workbench.training.packing import Batch, pack
from workbench.training.record import RunRecord
from workbench.training.trainer import Progress, TrainingConfig, TrainingState, load_state, save_state, train

__all__ = ["CONFIG", "LESSONS", "Lesson", "batch_of", "main", "train_tokenizer"]

CONFIG = TransformerConfig(
    vocabulary=1024, width=128, layers=5, heads=4, kv_heads=2, head_size=32, hidden=352, context=512
)
ROWS, LENGTH = 10, 192


@dataclass(frozen=True, slots=True)
class Lesson:
    """A part of the training: how, and on what; its optimiser begins afresh."""

    training: TrainingConfig
    mixture: Mixture


LESSONS = (
    Lesson(TrainingConfig(steps=5000, rate=2e-3, decay=0.3), FIRST),
    Lesson(TrainingConfig(steps=2800, rate=1.5e-3, decay=0.7, warmup=50), SECOND),
    Lesson(TrainingConfig(steps=1600, rate=1e-3, decay=0.9, warmup=50), THIRD),
)
STEPS = sum(lesson.training.steps for lesson in LESSONS)


def train_tokenizer(seed: int, problems: int = 6000) -> Tokenizer:
    """A tokenizer learned from training problems."""
    rng = np.random.default_rng([seed, 0])

    def texts() -> Iterator[str]:
        for _ in range(problems):
            problem = training_problem(rng)
            yield from (render_tool(tool) for tool in problem.tools)
            for message in history(problem):
                yield message.text
                yield from (render_call(call) for call in message.tool_calls)

    return Tokenizer.train(texts(), SPECIALS, CONFIG.vocabulary)


def batch_of(template: ChatTemplate, seed: int, lesson: int, step: int) -> Batch:
    """The training batch of a step: drawn from the seed, the lesson (from 1) and the step's number alone."""
    rng = np.random.default_rng([seed, lesson, step])

    def examples() -> Iterator[tuple[list[int], list[bool]]]:
        while True:
            problem = training_problem(rng, LESSONS[lesson - 1].mixture)
            yield template.example(history(problem), problem.tools)

    return pack(examples(), ROWS, LENGTH, template.pad)[0]


class _Run:
    """One run of the command: what the lessons share."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.out: Path = options.out
        self.out.mkdir(parents=True, exist_ok=True)
        self.started = self.measured = time.time()
        self.tokenizer = train_tokenizer(options.seed)
        self.tokenizer.save(self.out / "tokenizer.json")
        self.template = ChatTemplate(self.tokenizer)
        facts: dict[str, Json] = {
            "command": f"python -m workbench.training.pocket --seed {options.seed} --steps {options.steps}",
            "seed": options.seed,
            "lessons": len(LESSONS),
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, {jax.default_backend()}",
        }
        self.record = RunRecord(self.out / "training.json", facts, resumed=not options.restart)

    def teach(self, model: Transformer, number: int) -> Transformer:
        """Give the lesson of this number, from 1, or what is left of it."""
        options, lesson = self.options, LESSONS[number - 1]
        config = replace(lesson.training, steps=max(1, round(lesson.training.steps * options.steps / STEPS)))
        checkpoint = self.out / f"training_state_{number}.eqx"
        state = load_state(model, config, checkpoint) if checkpoint.exists() and not options.restart else None
        first = 0 if state is None else int(state.step)
        self.say(f"lesson {number}: steps {first} to {config.steps}")
        self.record.lesson()
        chosen = {"lesson": number, "steps": config.steps, "rate": config.rate, "rows": ROWS, "length": LENGTH}
        with contextlib.ExitStack() as stack:
            run = None
            if options.store:
                traces.use(options.store)
                run = stack.enter_context(traces.run("training", "pocket", parameters=chosen, seed=options.seed))

            def report(progress: Progress, state: TrainingState) -> None:
                self.record.update(progress, first)
                figures = self.figures(progress, state, checkpoint)
                if run is not None:
                    for name, value in figures.items():
                        run.metric(name, value, step=progress.step)

            state = train(
                model,
                lambda step: batch_of(self.template, options.seed, number, step),
                config,
                state=state,
                every=options.every,
                report=report,
                until=self.started + 60 * options.minutes if options.minutes else None,
            )
        self.save(state, checkpoint)
        return state.model

    def figures(self, progress: Progress, state: TrainingState, checkpoint: Path) -> dict[str, float]:
        """Print where the lesson stands; every few minutes save and measure."""
        speed = progress.tokens / progress.seconds
        passed = time.time() - self.started
        self.say(f"{passed:7.0f} s  step {progress.step:6d}  loss {progress.loss:.4f}  {speed:,.0f} tokens/s")
        figures = {"loss": progress.loss, "tokens_per_second": speed}
        if time.time() - self.measured > 60 * self.options.measure_minutes:
            self.save(state, checkpoint)
            accuracy = held_out_accuracy(state.model, self.template, count=self.options.measure_count)
            self.say("           held out  " + "  ".join(f"{task} {value:.3f}" for task, value in accuracy.items()))
            figures |= {f"held_out_{task}": value for task, value in accuracy.items()}
            self.measured = time.time()
        return figures

    def save(self, state: TrainingState, checkpoint: Path) -> None:
        """Write the state, the weights and the record."""
        save_state(state, checkpoint)
        special = {f"{name}_token_id": self.tokenizer.special(token) for name, token in _ENDS.items()}
        save_transformer(state.model, self.out, "float16", **special)
        self.record.write()

    def say(self, line: str) -> None:
        """Print a line at once."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    options = _parser().parse_args(arguments)
    run = _Run(options)
    model = Transformer.init(CONFIG, jax.random.key(options.seed))
    run.say(f"{sum(leaf.size for leaf in jax.tree.leaves(model)):,} parameters")
    for number in range(1, len(LESSONS) + 1):
        model = run.teach(model, number)
    run.say(json.dumps({"name": "pocket_training", **run.record.body}))


_ENDS = {"bos": "<|begin|>", "eos": "<|end|>", "pad": "<|pad|>"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m workbench.training.pocket", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the weights and of the data (default 0)")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"updates of all lessons together (default {STEPS})")
    parser.add_argument("--minutes", type=float, help="end each lesson that is under way after so many minutes")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights, states, config and tokenizer")
    parser.add_argument("--restart", action="store_true", help="begin again although there are states to resume from")
    parser.add_argument("--store", type=Path, help="trace store in which to record the lessons and their metrics")
    parser.add_argument("--every", type=int, default=100, help="steps between lines of progress (default 100)")
    parser.add_argument("--measure-minutes", type=float, default=4.0, help="minutes between held-out measurements")
    parser.add_argument("--measure-count", type=int, default=200, help="held-out problems of a family (default 200)")
    return parser


if __name__ == "__main__":
    main()
