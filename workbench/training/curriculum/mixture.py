"""The pocket model's training mixture: families in fixed shares, set into conversations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from workbench.messages import Message, system
from workbench.training.curriculum.catalogue import families
from workbench.training.curriculum.depth import depth_problem, greeting_problem, hard_sum_problem
from workbench.training.curriculum.problem import Problem, Split
from workbench.training.curriculum.sums import sum_problem
from workbench.training.curriculum.tool_use import DISGUISED, distractors, tool_problem
from workbench.training.curriculum.words import chance, invented, pick

__all__ = ["BROAD", "CALLS", "FINE", "FIRST", "READING", "Mixture", "conversation", "history", "training_problem"]

Generators = Mapping[str, Callable[[np.random.Generator, Split], Problem]]
_PLAIN: Generators = {
    "out_of_depth": depth_problem,
    "hard_sum": hard_sum_problem,
    "small_talk": greeting_problem,
}


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a lesson draws from.

    Args:
        shares: of the families, in problems, by the names of `families()`, and of `tool` and the plain generators of
            the first model; they need not sum to one.
        one_digit: the share of the sums and differences in which a number is below 10 on purpose.
        answered: the share of the tool questions in which the tool was called already.
        rivals: the share of the questions for a tool that calculates in which other such tools are at hand.
        rules: the share of the questions for known tools that are for the four rules of arithmetic on purpose.
        bare: the share of the questions for known tools that are for tools without arguments on purpose.
        disguised: the share of the known tools with a made-up name, which only their descriptions tell apart.
        pieces: whether made-up arguments hold whole words and pieces of words of either split.
    """

    shares: Mapping[str, float]
    one_digit: float = 0.0
    answered: float = 0.6
    rivals: float = 0.0
    rules: float = 0.5
    bare: float = 0.08
    disguised: float = DISGUISED
    pieces: bool = False

    def draw(self, rng: np.random.Generator, split: Split) -> Problem:
        """One problem of one family."""
        names = list(self.shares)
        edges = np.cumsum(list(self.shares.values()))
        name = names[int(np.searchsorted(edges, rng.random() * edges[-1]))]
        if name == "sum":
            return sum_problem(rng, split, one_digit=self.one_digit)
        if name == "tool":
            return tool_problem(
                rng,
                split,
                answered=chance(rng, self.answered),
                rivals=self.rivals,
                rules=self.rules,
                bare=self.bare,
                disguised=self.disguised,
                pieces=self.pieces,
            )
        return _PLAIN[name](rng, split) if name in _PLAIN else families()[name].problem(rng, split)


FIRST = Mixture(
    {"sum": 0.62, "tool": 0.28, "out_of_depth": 0.06, "hard_sum": 0.03, "small_talk": 0.01},
    one_digit=0.1,
    answered=0.5,
)
_REST = {"out_of_depth": 0.03, "hard_sum": 0.02, "small_talk": 0.01}
BROAD = Mixture(
    {
        "sum": 0.6,
        "arithmetic": 0.25,
        "scratchpad": 0.09,
        "word_problem": 0.07,
        "word_problem_steps": 0.08,
        "tool": 0.14,
        "tool_chain": 0.04,
        "tool_parallel": 0.03,
        "tool_sequential": 0.02,
        "tool_choice": 0.02,
        "plan": 0.03,
        "text_operation": 0.1,
        "extraction": 0.03,
        "labelling": 0.05,
        "comparison": 0.08,
        "verification": 0.1,
        "correction": 0.02,
        "in_context": 0.06,
        **_REST,
    },
    one_digit=0.2,
    answered=0.3,
    rivals=0.4,
    rules=0.4,
)
FINE = replace(
    BROAD,
    shares={**BROAD.shares, "sum": 0.5, "tool": 0.24, "verification": 0.14, "small_talk": 0.01},
    one_digit=0.35,
    answered=0.15,
    rules=0.3,
)
CALLS = replace(
    FINE,
    shares={**{name: share / 2.5 for name, share in FINE.shares.items()}, "tool": 0.9, "verification": 0.25},
)
READING = replace(
    FINE,
    shares={**{name: share / 2.5 for name, share in FINE.shares.items()}, "tool": 1.0},
    rules=0.2,
    disguised=0.5,
    pieces=True,
)
_CONVERSATIONAL = frozenset(
    ("addition", "subtraction", "tool_call", "tool_answer", "out_of_depth", "hard_sum", "small_talk")
)
_SYSTEM = (
    *("You are a helpful assistant.", "You are a calculator.", "Be brief.", "Answer with a number.", "Be concise."),
    *("You are a careful mathematician.", "Answer the question.", "Answer with the final number only.", "Be kind."),
    *("Use the tools when they help.", "You can call tools.", "Think before you answer.", "You are an assistant."),
    *("Answer in one line.", "Call a tool when one fits. Then give the answer.", "Give only the answer."),
)


def training_problem(rng: np.random.Generator, mixture: Mixture = FIRST) -> Problem:
    """A problem of the mixture, one in seven with a system message, one in ten with earlier turns."""
    problem = mixture.draw(rng, "train")
    if problem.family in _CONVERSATIONAL:
        return conversation(rng, problem, earlier=chance(rng, 0.1), told=chance(rng, 0.15), mixture=FIRST)
    if problem.messages[0].role != "system" and chance(rng, 0.1):
        return replace(problem, messages=(system(pick(rng, _SYSTEM)), *problem.messages))
    return problem


def conversation(
    rng: np.random.Generator, problem: Problem, *, earlier: bool, told: bool, mixture: Mixture = FIRST
) -> Problem:
    """The problem inside a longer conversation.

    Args:
        rng: the draws.
        problem: what is asked last.
        earlier: whether another question was asked and answered before it; always one of the training split.
        told: whether a system message comes first.
        mixture: where the other question comes from.
    """
    messages, tools = problem.messages, problem.tools
    if earlier:
        before = mixture.draw(rng, "train")
        fits = {tool.name for tool in before.tools}.isdisjoint(tool.name for tool in tools)
        if not (before.tools and tools) or (fits and len(before.tools) + len(tools) <= 4):
            # A question that was out of depth or answered without tools must stay so with the tools of the other.
            solo = {"addition", "subtraction", "small_talk"}
            if before.family in solo or problem.family in solo:
                arithmetic = _adds(before) if problem.family in solo else _adds(problem)
                if not arithmetic:
                    messages = (*before.messages, before.target, *messages)
                    tools = (*before.tools, *tools)
    elif problem.family in ("addition", "subtraction") and chance(rng, 0.07):
        others = distractors(rng, int(rng.integers(1, 3)))
        tools = tuple(tool for tool in others if not _arithmetic(tool.description, tool.name))
    if told:
        messages = (system(_system(rng)), *messages)
    return replace(problem, messages=messages, tools=tools)


def _adds(problem: Problem) -> bool:
    return any(_arithmetic(tool.description, tool.name) for tool in problem.tools)


def _arithmetic(description: str, name: str) -> bool:
    words = f"{description} {name}".lower()
    return any(part in words for part in ("add", "sum", "plus", "subtract", "minus", "difference", "take"))


def _system(rng: np.random.Generator) -> str:
    spoken: list[str] = [pick(rng, _SYSTEM)]
    if chance(rng, 0.3):
        spoken.append(pick(rng, _SYSTEM))
    if chance(rng, 0.2):
        spoken.append(" ".join(invented(rng, "train") for _ in range(int(rng.integers(2, 7)))).capitalize() + ".")
    return " ".join(spoken)


def history(problem: Problem) -> tuple[Message, ...]:
    """The whole conversation with the target at its end, as the model learns it."""
    return (*problem.messages, problem.target)
