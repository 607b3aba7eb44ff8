"""A stream: a sequence of tasks, each with rows to learn and rows to test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float, Int

from workbench.continual.streams.labelled import Labelled, content_hash
from workbench.errors import DataError, OptionError

__all__ = ["SCENARIOS", "Part", "Stream", "stream_of"]

SCENARIOS: Final = ("class", "domain", "task")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Rows of every task, padded with zeros to one length so that one compiled function serves all tasks.

    Args:
        x: inputs; rows from `counts[task]` on are padding.
        y: classes.
        counts: how many rows of each task are real.
    """

    x: Float[np.ndarray, "tasks rows *features"]
    y: Int[np.ndarray, "tasks rows"]
    counts: Int[np.ndarray, " tasks"]


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Tasks in the order in which they are learned.

    Args:
        name: what it is called in store and pictures.
        train: rows to learn.
        test: rows to be tested on, never learned.
        classes: how many classes there are over all tasks.
        parameters: how it was made.
        source: where its data come from.
        licence: terms of its data; None where unknown.
        scenario: `class` (new classes, nobody says which task a test row is from), `domain` (the same classes, other
            inputs, nobody says either), `task` (a test row comes with its task, and only that task's classes are open).
        boundaries: whether a learner is told when one task ends and the next begins; False in a task-free stream.
        opened: the classes that are open at a row of each task, where the scenario does not say it.
        version: content hash over all real rows; two streams with the same version are the same.
    """

    name: str
    train: Part
    test: Part
    classes: int
    parameters: Mapping[str, Any]
    source: str | None = None
    licence: str | None = None
    scenario: str = "class"
    boundaries: bool = True
    opened: Bool[np.ndarray, "tasks classes"] | None = None
    version: str = field(init=False)

    def __post_init__(self) -> None:
        if self.scenario not in SCENARIOS:
            raise OptionError(
                f"Stream {self.name!r} was given scenario={self.scenario!r}; allowed is {', '.join(SCENARIOS)}.",
                hint="split(data, scenario='task')",
            )
        real = [
            rows[:count]
            for part in (self.train, self.test)
            for task, count in enumerate(part.counts)
            for rows in (part.x[task], part.y[task])
        ]
        facts = (self.classes, *(["task"] if self.scenario == "task" else []))
        facts += () if self.boundaries else ("task-free",)
        facts += () if self.opened is None else (self.opened.tolist(),)
        object.__setattr__(self, "version", content_hash(real, *facts))

    @property
    def tasks(self) -> int:
        """How many tasks there are."""
        return len(self.train.counts)

    @property
    def features(self) -> tuple[int, ...]:
        """The shape of one input."""
        return self.train.x.shape[2:]

    @property
    def heads(self) -> Bool[np.ndarray, "tasks classes"]:
        """Which classes are open at a row of each task: those that were given, its own where tasks are told, or all."""
        if self.opened is not None:
            return self.opened
        heads = np.ones((self.tasks, self.classes), bool)
        if self.scenario == "task":
            for task, count in enumerate(self.train.counts):
                heads[task] = np.isin(np.arange(self.classes), self.train.y[task, :count])
        return heads

    @property
    def seen(self) -> Bool[np.ndarray, "tasks classes"]:
        """Which classes had rows to learn in each task or one before it."""
        seen = np.zeros((self.tasks, self.classes), bool)
        for task, count in enumerate(self.train.counts):
            seen[task:, self.train.y[task, :count]] = True
        return seen


def stream_of(
    name: str,
    tasks: Sequence[tuple[Labelled, Labelled]],
    *,
    parameters: Mapping[str, Any] | None = None,
    source: str | None = None,
    licence: str | None = None,
    scenario: str = "class",
    boundaries: bool = True,
    opened: Bool[np.ndarray, "tasks classes"] | None = None,
) -> Stream:
    """A stream from (rows to learn, rows to test) of each task.

    Args:
        name: what it is called in store and pictures.
        tasks: the tasks in their order; all labels count in one numbering of classes.
        parameters: how it was made.
        source: where its data come from.
        licence: terms of its data; None where unknown.
        scenario: `class`, `domain` or `task`.
        boundaries: whether a learner is told when a task ends.
        opened: the classes that are open at a row of each task; by default as the scenario says.

    Raises:
        DataError: no task, tasks whose inputs differ in shape, or rows whose class is not open in their task.
        OptionError: an unknown scenario.

    Example:
        >>> rows = Labelled(np.zeros((4, 3)), [0, 1, 0, 1])
        >>> stream_of("twice", [(rows, rows), (rows, rows)]).tasks
        2
    """
    if not tasks:
        raise DataError(f"Stream {name!r} was given no tasks; allowed is one or more.")
    shapes = [part.features for pair in tasks for part in pair]
    for index, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise DataError(
                f"Task {index // 2} of stream {name!r} has inputs of shape {shape!r}, task 0 of {shapes[0]!r};"
                " the tasks of a stream have one shape.",
                hint="pad, crop or flatten the inputs of all tasks to one shape first",
            )
    classes = max(part.classes for pair in tasks for part in pair)
    train, test = (_padded([pair[side] for pair in tasks]) for side in (0, 1))
    stream = Stream(name, train, test, classes, dict(parameters or {}), source, licence, scenario, boundaries, opened)
    for task, pair in enumerate(tasks):
        for side, part in zip(("learn", "test"), pair, strict=True):
            if not stream.heads[task][part.y].all():
                label = int(part.y[~stream.heads[task][part.y]][0])
                raise DataError(
                    f"Task {task} of stream {name!r} has rows to {side} of class {label}, and open there are the"
                    f" classes {np.flatnonzero(stream.heads[task]).tolist()!r}.",
                    hint="leave these rows out, or give rows to learn of that class too",
                )
    return stream


def _padded(parts: Sequence[Labelled]) -> Part:
    counts = np.array([len(part.y) for part in parts], np.int32)
    x = np.zeros((len(parts), counts.max(), *parts[0].features), np.float32)
    y = np.zeros((len(parts), counts.max()), np.int32)
    for task, part in enumerate(parts):
        x[task, : counts[task]], y[task, : counts[task]] = part.x, part.y
    return Part(x, y, counts)
