"""TRACE's protocol: a language model learns one task after another, and what it could do before is asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import polars as pl
from jaxtyping import Float

from workbench import traces
from workbench.continual.metrics.ability import ability_delta, overall_performance, transfer_to_earlier
from workbench.errors import OptionError, nearest
from workbench.networks.chat_template import ChatTemplate
from workbench.networks.jinja_template import JinjaTemplate
from workbench.networks.transformer import Transformer
from workbench.papers import Paper
from workbench.training.curriculum import Problem, families
from workbench.training.curriculum.mixture import history
from workbench.training.measure import answers
from workbench.training.packing import Batch, pack
from workbench.training.trainer import train
from workbench.training.training_config import TrainingConfig

__all__ = ["ABILITIES", "PAPER", "REASONED", "FineTuned", "fine_tune"]

PAPER: Final = Paper(
    "TRACE: A Comprehensive Benchmark for Continual Learning in Large Language Models",
    "Wang et al.",
    2023,
    "2310.06762",
    system="031",
)
REASONED: Final[Mapping[str, str]] = MappingProxyType(
    {"arithmetic": "scratchpad", "word_problem": "word_problem_steps"}
)
"""Which families have their answers worked out step by step in another."""
ABILITIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "general ability": ("comparison", "labelling", "text_operation", "in_context"),
        "instruction following": ("extraction", "tool_call"),
        "refusal": ("refusal",),
    }
)
"""Families that are no tasks: of general questions, of answers in a set form, and out of the model's depth."""
_MOST_TOKENS: Final = 128
_QUICK: Final = TrainingConfig(steps=100, rate=3e-4, warmup=10)


@dataclass(frozen=True, slots=True, eq=False)
class FineTuned:
    """What came out.

    Args:
        run_id: of the run in the store.
        model: after the last task.
        tasks: the families learned, in turn.
        matrix: R[i, j], the share of task j's held-out problems answered right after task i.
        before: the same before the first task.
        kept: of each ability, the share answered right of each of its families, before and after each task.
    """

    run_id: str
    model: Transformer = field(repr=False)
    tasks: tuple[str, ...]
    matrix: Float[np.ndarray, "tasks tasks"]
    before: Float[np.ndarray, " tasks"]
    kept: Mapping[str, Float[np.ndarray, "stages families"]]

    @property
    def measures(self) -> pl.DataFrame:
        """Columns `measure, value`: overall performance, backward transfer, and the delta of each ability."""
        rows = {
            "overall performance": overall_performance(self.matrix),
            "backward transfer": transfer_to_earlier(self.matrix),
        }
        rows |= {f"{name} delta": ability_delta(scores[0], scores[-1]) for name, scores in self.kept.items()}
        return pl.DataFrame({"measure": list(rows), "value": list(rows.values())})


def fine_tune(
    model: Transformer,
    template: ChatTemplate | JinjaTemplate,
    tasks: Sequence[str] = ("word_problem", "arithmetic", "verification"),
    *,
    reasoned: bool = False,
    abilities: Mapping[str, Sequence[str]] = ABILITIES,
    config: TrainingConfig = _QUICK,
    problems: int = 1000,
    held_out: int = 50,
    rows: int = 8,
    length: int = 192,
    seed: int = 0,
    progress: Callable[[str, Mapping[str, float]], None] | None = None,
) -> FineTuned:
    """Sequential fine-tuning of all weights, as TRACE measures it.

    Before the first task and after each: every task's held-out problems and those of other abilities are asked, the
    likeliest answer is written and checked exactly. With `reasoned` the tasks are learned and asked with their steps
    worked out (reasoning-augmented continual learning, RCL) where they have such a form.

    Args:
        model: where to begin, such as `Checkpoint.open(weights_folder()).network`.
        template: its chat template, of the workbench's own form: others do not tell what the assistant spoke.
        tasks: families of the curriculum, in the order in which they are learned.
        reasoned: whether to learn their forms with steps, see `REASONED`.
        abilities: families that are asked and not learned.
        config: how each task is learned; each begins with a fresh optimiser.
        problems: of each task to learn from, 1 or more.
        held_out: asked of each family, 1 or more.
        rows: of a batch.
        length: of a row, in tokens; longer problems are left out.
        seed: of the problems and their order.
        progress: called before the first task and after each, with what was learned last and the share right of each
            family.

    Raises:
        OptionError: an unknown family, one twice, or no task; a count below 1; another form of template.

    Reference:
        Xiao Wang et al., TRACE: A Comprehensive Benchmark for Continual Learning in Large Language Models,
        arXiv:2310.06762.

    Departures:
        The tasks are families of the curriculum, which the pocket model has seen before, not TRACE's eight data sets.
        Steps are the generator's own, where the paper has a large model write them. Instructions count as followed
        where an answer has the form asked for and is right; a large model judges that in the paper. Safety is not
        measured: the curriculum has nothing harmful; refusing what is out of depth stands beside the other abilities.
    """
    if not isinstance(template, ChatTemplate):
        raise OptionError(
            f"fine_tune was given a {type(template).__name__}; allowed is a ChatTemplate, which tells what is learned.",
            hint="fine_tune(model, Checkpoint.open(weights_folder()).template, …)",
        )
    learned = tuple(REASONED.get(name, name) if reasoned else name for name in tasks)
    asked = list(dict.fromkeys((*learned, *(name for group in abilities.values() for name in group))))
    _check(learned, asked, problems, held_out)
    drawn = (families()[name].problems(problems, "train", seed=seed) for name in learned)
    lessons = [_Batches(each, template, rows, length, seed) for each in drawn]
    probes = {name: families()[name].problems(held_out, seed=seed) for name in asked}

    def shares() -> dict[str, float]:
        found = {}
        for name, posed in probes.items():
            replies = answers(model, template, posed, _MOST_TOKENS)
            found[name] = float(np.mean([one.correct(reply) for one, reply in zip(posed, replies, strict=True)]))
        return found

    parameters: dict[str, Any] = {"tasks": list(learned), "reasoned": reasoned, "steps": config.steps}
    parameters |= {"rate": config.rate, "problems": problems, "held_out": held_out, "rows": rows, "length": length}
    with traces.run("continual", "fine-tuning", parameters=parameters, seed=seed) as run:
        stages = [shares()]
        if progress:
            progress("", stages[0])
        for number, name in enumerate(learned):
            model = train(model, lessons[number].of, config).model
            stages.append(shares())
            for other, value in stages[-1].items():
                run.metric("accuracy", value, step=number, task=other)
            if progress:
                progress(name, stages[-1])
        table = np.array([[stage[name] for name in learned] for stage in stages])
        kept = {
            ability: np.array([[stage[name] for name in group] for stage in stages])
            for ability, group in abilities.items()
        }
        made = FineTuned(run.run_id, model, learned, table[1:], table[0], kept)
        for measure, value in made.measures.iter_rows():
            run.metric(measure.replace(" ", "_"), value, step=len(learned) - 1)
    return made


class _Batches:
    """Batches of a task, drawn from the seed and the step's number alone."""

    def __init__(self, posed: Sequence[Problem], template: ChatTemplate, rows: int, length: int, seed: int) -> None:
        given = [template.example(history(one), one.tools) for one in posed]
        self.examples = [one for one in given if len(one[0]) <= length]
        self.rows, self.length, self.seed, self.pad = rows, length, seed, template.pad
        if not self.examples:
            raise OptionError(
                f"Of {len(given)} problems of family {posed[0].family!r} none fits into a row of {length!r} tokens.",
                hint="fine_tune(model, template, length=512)",
            )

    def of(self, step: int) -> Batch:
        """The batch of a step."""
        rng = np.random.default_rng([self.seed, step])

        def drawn() -> Iterator[tuple[list[int], list[bool]]]:
            while True:
                yield self.examples[int(rng.integers(len(self.examples)))]

        return pack(drawn(), self.rows, self.length, self.pad)[0]


def _check(learned: Sequence[str], asked: Sequence[str], problems: int, held_out: int) -> None:
    known = list(families())
    for name in asked:
        if name not in known:
            raise OptionError(
                f"fine_tune was given the family {name!r}; there are {', '.join(known)}.",
                hint=nearest(name, known) or "fine_tune(model, template, ['word_problem', 'arithmetic'])",
            )
    if not learned or len(set(learned)) < len(learned) or min(problems, held_out) < 1:
        raise OptionError(
            f"fine_tune was given tasks={list(learned)!r}, problems={problems!r}, held_out={held_out!r}; allowed are"
            " one or more different families, and 1 or more of both.",
            hint="fine_tune(model, template, ['word_problem', 'arithmetic'])",
        )
