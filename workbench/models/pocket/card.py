"""The model card: what was measured, on what, and what the model cannot do."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
from scipy.stats import binomtest

from workbench.messages import Json
from workbench.models.pocket.model import PocketModel
from workbench.training.curriculum.exam import TASKS, exam
from workbench.training.measure import answers
from workbench.training.pocket import LESSONS, Lesson

__all__ = ["AIMS", "Figure", "card", "evaluate", "report"]

AIMS = {"addition": 0.99, "subtraction": 0.99, "tool_call": 0.95}


@dataclass(frozen=True, slots=True)
class Figure:
    """Accuracy on one task with its 95 % Wilson interval."""

    task: str
    correct: int
    count: int

    @property
    def accuracy(self) -> float:
        """The share of problems answered exactly."""
        return self.correct / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson interval."""
        bounds = binomtest(self.correct, self.count).proportion_ci(0.95, method="wilson")
        return float(bounds.low), float(bounds.high)

    def json(self) -> dict[str, Json]:
        """The figure in the shape that every measuring command prints."""
        low, high = (round(bound, 5) for bound in self.interval)
        body: dict[str, Json] = {"figure": self.task, "value": round(self.accuracy, 5), "unit": "share"}
        body |= {"low": low, "high": high, "n": self.count}
        if self.task in AIMS:
            body |= {"aim": AIMS[self.task], "met": self.accuracy >= AIMS[self.task]}
        return body


def evaluate(model: PocketModel, count: int, tasks: Sequence[str] = tuple(TASKS)) -> list[Figure]:
    """Ask the exam's problems, the likeliest token at every place."""
    figures: list[Figure] = []
    for task in tasks:
        problems = exam(task, count)
        replies = answers(model.network, model.template, problems)
        right = sum(problem.correct(reply) for problem, reply in zip(problems, replies, strict=True))
        figures.append(Figure(task, right, count))
    return figures


def report(figures: Sequence[Figure], seconds: float) -> dict[str, Json]:
    """The JSON object of the command's last line."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    listed = [figure.json() for figure in figures]
    return {"name": "pocket", "machine": machine, "seconds": round(seconds, 1), "figures": listed}


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| task | accuracy | 95 % interval | problems | what is asked |", "|---|---|---|---|---|"]
    for figure in figures:
        low, high = figure.interval
        aim = f" (aim {AIMS[figure.task]})" if figure.task in AIMS else ""
        lines.append(
            f"| {figure.task}{aim} | {figure.accuracy:.4f} | {low:.4f} to {high:.4f} | {figure.count} | "
            f"{TASKS[figure.task][0]} |"
        )
    return "\n".join(lines)


def card(model: PocketModel, figures: Sequence[Figure], folder: Path) -> str:
    """The card's text, from the figures and from what the training run wrote beside the weights."""
    run = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    config = model.network.config
    size = (folder / "model.safetensors").stat().st_size
    parameters = sum(weight.size for weight in jax.tree.leaves(model.network))
    return _CARD.format(
        parameters=f"{parameters:,}",
        megabytes=f"{size / 1e6:.1f}",
        digest=model.version,
        config=config,
        table=table(figures),
        date=time.strftime("%Y-%m-%d"),
        run=run,
        tokens=f"{run['tokens']:,}",
        lessons="\n".join(_lesson(number, lesson) for number, lesson in enumerate(LESSONS[: run["lessons"]], start=1)),
        note=run.get("note", ""),
        minutes=f"{run['seconds'] / 60:.0f}",
    )


def _lesson(number: int, lesson: Lesson) -> str:
    whole = sum(lesson.mixture.shares.values())
    shares = ", ".join(f"{name} {share / whole:.0%}" for name, share in lesson.mixture.shares.items())
    small = f"; {lesson.mixture.one_digit:.0%} of the sums with a number below 10" if lesson.mixture.one_digit else ""
    return f"  - lesson {number}, {lesson.training.steps} steps at rate {lesson.training.rate}: {shares}{small}."


_CARD = """# The pocket model

A transformer in the Llama shape: {parameters} parameters, {config.layers} layers of width {config.width}, \
{config.heads} query and {config.kv_heads} key heads, {config.vocabulary} byte-level tokens, context \
{config.context}. Weights are stored as 16-bit floats ({megabytes} MB, SHA-256 begins {digest}) and computed with as \
32-bit floats; the figures below were measured with the stored ones.

It adds and subtracts numbers below 100, calls one tool when one fits the question, says what the tool gave back, and \
refuses what is out of its depth in one fixed sentence. It is a model organism: real tokens, real probabilities, real \
mistakes, no knowledge of the world.

## Held-out accuracy

Measured {date} by `python -m workbench.models.pocket --evaluate --card`. Greedy decoding; a reply counts when it is \
exactly the expected text, or exactly the expected call with its arguments.

{table}

Held out are one in ten of the unordered pairs of numbers, of the single numbers' pairs in tool arguments, of the \
listed words (cities, names, …) and of the made-up names, by a hash, in every family alike: no training problem of any \
kind contains them. Tools other than the asked one come from the training names.

## Training

- Command: `{run[command]} --out workbench/models/pocket/weights`
- Data: generated by `workbench.training.curriculum` from the seed {run[seed]}; {tokens} tokens in {run[steps]} steps. \
Learned are the assistant's tokens alone. Problems by lesson:
{lessons}
- Time: {minutes} minutes on {run[machine]}. {note}

## What it cannot do

- Sums and differences of numbers of three digits and more, products, quotients, roots: it refuses them unless a tool \
fits (`hard_sum` above measures the refusals, not the arithmetic).
- Wordings that it was not trained on cost accuracy (the two `unseen_wording` rows); other languages, word problems, \
several questions at once.
- More than one tool call in a turn, chains of calls, optional arguments, lists and objects as arguments.
- Facts, translation, reasoning, writing, code.
- Conversations beyond 192 tokens are longer than anything that it was trained on; beyond {config.context} they are an \
error.
- A refusal is a learned answer too: it may refuse what it could do, and answer what it should refuse.
"""
