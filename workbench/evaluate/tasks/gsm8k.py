"""GSM8K: grade-school word problems, and answers of four models that were recorded with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from workbench.errors import DataError
from workbench.evaluate.sample import Dataset, Sample
from workbench.messages import Answer, Question, Usage, as_messages, assistant, text_of
from workbench.models.model import Model, Reply, Request
from workbench.models.scripted import ScriptedModel
from workbench.models.traced import Traced

__all__ = ["Recorded", "Replay", "problems", "recorded_solutions"]

_SOURCE: Final = "https://github.com/openai/grade-school-math"
_LICENCE: Final = "MIT"


@dataclass(frozen=True)
class Replay:
    """A program that answers with what was recorded, through a traced model whose usage and cost are unknown.

    Args:
        name: the recorded model's.
        model: the traced model that replays.
    """

    name: str
    model: Model

    async def __call__(self, question: Question) -> Answer:
        """The recorded answer.

        Raises:
            DataError: the question is not among the recorded ones.
        """
        reply = await self.model.reply(Request(as_messages(question)))
        return Answer(reply.message.text, messages=(reply.message,))


@dataclass(frozen=True)
class Recorded:
    """Recorded answers: the problems, a program for each model, and the labels that came with the answers.

    Args:
        dataset: the problems, with the worked solution as target.
        programs: by the recorded model's name.
        labels: for each model, whether its answer to each sample id was marked correct.
    """

    dataset: Dataset
    programs: Mapping[str, Replay]
    labels: Mapping[str, Mapping[str, bool]]


def problems(path: Path | str, *, split: str | None = None) -> Dataset:
    """Problems with worked answers, from a JSONL file with `question` and `answer` (its last line is `#### 72`).

    Args:
        path: such as `gsm8k/test.jsonl`.
        split: recorded with the data; by default the file's name.

    Raises:
        DataError: no such file, or a line of another form.
    """
    rows = _rows(Path(path), ("question", "answer"))
    samples = tuple(Sample(_id(row["question"]), row["question"], row["answer"]) for row in rows)
    return Dataset("gsm8k", samples, split or Path(path).stem, _SOURCE, _LICENCE)


def recorded_solutions(path: Path | str) -> Recorded:
    """The answers of several models to the same problems, from a JSONL file of their authors.

    A line has `question`, `ground_truth`, and for each model `{"is_correct": ..., "solution": ...}`.

    Args:
        path: such as `gsm8k/recorded_solutions.jsonl`.

    Raises:
        DataError: no such file, or a line of another form.
    """
    rows = _rows(Path(path), ("question", "ground_truth"))
    samples = tuple(Sample(_id(row["question"]), row["question"], row["ground_truth"]) for row in rows)
    dataset = Dataset("gsm8k-recorded", samples, "test", _SOURCE, _LICENCE)
    models = [name for name, value in rows[0].items() if isinstance(value, dict)]
    solutions: dict[str, dict[str, str]] = {model: {} for model in models}
    labels: dict[str, dict[str, bool]] = {model: {} for model in models}
    for number, row in enumerate(rows, 1):
        for model in models:
            try:
                solutions[model][row["question"]] = row[model]["solution"]
                labels[model][_id(row["question"])] = row[model]["is_correct"]
            except (KeyError, TypeError) as error:
                raise DataError(
                    f"Line {number} of {str(path)!r} has no answer of {model!r} ({error!r}); the first line has one.",
                    hint='{"question": ..., "ground_truth": ..., "model": {"is_correct": true, "solution": ...}}',
                ) from None
    programs = {model: Replay(model, _replaying(model, solutions[model], str(path))) for model in models}
    return Recorded(dataset, programs, labels)


def _replaying(model: str, solutions: Mapping[str, str], path: str) -> Model:
    def answer(request: Request) -> Reply:
        question = text_of(request.messages)
        if question not in solutions:
            raise DataError(f"No answer of {model!r} to {question!r} is recorded in {path!r}.")
        return Reply(assistant(solutions[question]), Usage(), "stop", model)

    return Traced(ScriptedModel(answer, name=f"recorded:{model}"))


def _rows(path: Path, needed: tuple[str, ...]) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"The GSM8K file {str(path)!r} cannot be read: {error}.",
            hint=f"the problems and the recorded answers are at {_SOURCE}; pass the path of a JSONL file.",
        ) from None
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: a text may hold other line separators
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in needed):  # pyright: ignore[reportUnknownMemberType] JSON
            raise DataError(f"Line {number} of {str(path)!r} is not a JSON object with {' and '.join(needed)}.")
        rows.append(cast("dict[str, Any]", row))
    if not rows:
        raise DataError(f"The GSM8K file {str(path)!r} has no lines.")
    return rows


def _id(question: str) -> str:
    """The problem's own: the same in every file and order."""
    return f"gsm8k-{hashlib.sha256(question.encode()).hexdigest()[:10]}"
