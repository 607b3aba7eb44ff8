"""One-call tool use: choose one of the tools at hand, fill in its arguments, then say what came back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from workbench.messages import Json, Message, ToolCall, ToolDefinition, ToolResult, assistant, tool_results, user
from workbench.training.curriculum.problem import Problem, Split
from workbench.training.curriculum.tool_catalogue import (
    CONCEPTS,
    DESCRIPTIONS_OF_INVENTED,
    NUMBER_NAMES,
    QUESTIONS_OF_INVENTED,
    Concept,
)
from workbench.training.curriculum.words import (
    CITIES,
    COUNTRIES,
    LANGUAGES,
    NAMES,
    NOUNS,
    TOPICS,
    chance,
    invented,
    number,
    number_pair,
    pick,
    spliced,
    word,
)

__all__ = ["DISGUISED", "distractors", "tool_problem"]

DISGUISED: Final = 0.25  # of the known tools, unless another share is asked for
_WORDS = {"city": CITIES, "country": COUNTRIES, "name": NAMES, "noun": NOUNS, "topic": TOPICS, "language": LANGUAGES}
_TYPES = {"int": "integer", "num": "number"}
_RULES = range(4)  # the places of the four rules of arithmetic among the concepts
_BARE = tuple(index for index, concept in enumerate(CONCEPTS) if not concept.kinds)
_LOWER = ("noun", "topic", "word")
_RESULTS = ("number", "word", "city")
Ask: TypeAlias = Callable[[Split], tuple[str, dict[str, Json], Json]]


def tool_problem(
    rng: np.random.Generator,
    split: Split,
    *,
    known: bool | None = None,
    answered: bool = False,
    most_tools: int = 4,
    rivals: float = 0.0,
    rules: float = 0.5,
    bare: float = 0.0,
    disguised: float = DISGUISED,
    pieces: bool = False,
) -> Problem:
    """A question that one of the tools answers.

    Args:
        rng: the draws.
        split: `train`, or `held_out`: arguments (pairs of numbers, single numbers, words), and the names of invented
            tools, that no training problem has.
        known: a tool that people would define, or an invented one with a made-up name; either when None.
        answered: whether the tool has been called already, so that the result is to be said; otherwise the call is
            asked for.
        most_tools: how many tools there are at most.
        rivals: of the questions for a tool that calculates, the share in which other tools that calculate are at hand,
            so that the question must be read to choose.
        rules: of the questions for a known tool, the share for the four rules of arithmetic on purpose.
        bare: of the questions for a known tool, the share for tools without arguments on purpose.
        disguised: of the known tools, the share with a made-up name, which only their descriptions tell apart.
        pieces: whether made-up arguments hold whole words and pieces of words of either split.
    """
    known = chance(rng, 0.65) if known is None else known
    tool, concept, ask = _known(rng, split, rules, bare, disguised, pieces) if known else _invented(rng, split, pieces)
    if rivals and concept is not None and concept < len(_RULES) and chance(rng, rivals):
        others = _rivals(rng, int(rng.integers(1, most_tools)), tool.name, concept, disguised)
    else:
        others = distractors(rng, int(rng.integers(0, most_tools)), (tool.name,), concept, disguised)
    place = int(rng.integers(len(others) + 1))
    messages: tuple[Message, ...] = ()
    if chance(rng, 0.12):
        messages = _exchange(tool, *ask("train"))
    question, arguments, result = ask(split)
    whole = _exchange(tool, question, arguments, result)
    length = 3 if answered else 1
    return Problem(
        "tool_answer" if answered else "tool_call",
        (*messages, *whole[:length]),
        whole[length],
        (*others[:place], tool, *others[place:]),
    )


def _exchange(tool: ToolDefinition, question: str, arguments: dict[str, Json], result: Json) -> tuple[Message, ...]:
    call = ToolCall("call_1", tool.name, arguments)
    said = result if isinstance(result, str) else str(result)
    return (
        user(question),
        assistant("", call),
        tool_results(ToolResult(call.id, call.name, result)),
        assistant(said),
    )


def distractors(
    rng: np.random.Generator,
    count: int,
    taken: Sequence[str] = (),
    concept: int | None = None,
    disguised: float = DISGUISED,
) -> tuple[ToolDefinition, ...]:
    """Tools that are there and not asked for: none shares a name or a description with those that are."""
    tools: list[ToolDefinition] = []
    names = set(taken)
    concepts = set[int]() if concept is None else {concept}
    while len(tools) < count:
        if chance(rng, 0.7):
            index = int(rng.integers(len(CONCEPTS)))
            if index in concepts:
                continue
            concepts.add(index)
            tool = _define(rng, CONCEPTS[index], "train", disguised)[0]
        else:
            tool = _invented(rng, "train")[0]
        if tool.name not in names:
            names.add(tool.name)
            tools.append(tool)
    return tuple(tools)


def _rivals(
    rng: np.random.Generator, count: int, taken: str, concept: int, disguised: float
) -> tuple[ToolDefinition, ...]:
    """Tools for the other rules of arithmetic, at most `count`; none has the name that is taken."""
    others = [index for index in _RULES if index != concept]
    chosen = [others[int(place)] for place in rng.permutation(len(others))[:count]]
    tools = {tool.name: tool for tool in (_define(rng, CONCEPTS[index], "train", disguised)[0] for index in chosen)}
    return tuple(tool for name, tool in tools.items() if name != taken)


def _schema(names: Sequence[str], kinds: Sequence[str]) -> dict[str, Json]:
    properties = {name: {"type": _TYPES.get(kind, "string")} for name, kind in zip(names, kinds, strict=True)}
    return {"type": "object", "properties": properties, "required": list(names)}


def _define(
    rng: np.random.Generator, concept: Concept, split: Split, disguised: float
) -> tuple[ToolDefinition, tuple[str, ...]]:
    names = pick(rng, concept.parameters)
    kinds = concept.kinds
    if kinds and kinds[0] == "num" and chance(rng, 0.6):
        kinds = ("int",) * len(kinds)
    name = pick(rng, concept.names)
    description = pick(rng, concept.descriptions)
    draw = rng.random()
    if draw < disguised:
        name = invented(rng, split)
    elif draw < disguised + 0.1:
        description = ""
    return ToolDefinition(name, description, _schema(names, kinds)), kinds


def _known(
    rng: np.random.Generator, split: Split, rules: float, bare: float, disguised: float, pieces: bool
) -> tuple[ToolDefinition, int | None, Ask]:
    index = int(rng.integers(len(_RULES))) if chance(rng, rules) else int(rng.integers(len(CONCEPTS)))
    if bare and chance(rng, bare):
        index = pick(rng, _BARE)
    concept = CONCEPTS[index]
    tool, kinds = _define(rng, concept, split, disguised)

    def ask(split: Split) -> tuple[str, dict[str, Json], Json]:
        values = _values(rng, kinds, split, pieces)
        question = pick(rng, concept.questions).format(*values)
        if split == "train" and chance(rng, 0.15):
            question = question[0].lower() + question[1:] if chance(rng, 0.5) else question.rstrip("?.")
        arguments = dict(zip(tool.parameters["required"], values, strict=True))
        return question, arguments, _result(rng, concept.result, values)

    return tool, index, ask


def _invented(rng: np.random.Generator, split: Split, pieces: bool = False) -> tuple[ToolDefinition, int | None, Ask]:
    name = invented(rng, split) + (f"_{invented(rng, split)}" if chance(rng, 0.2) else "")
    kinds = tuple(pick(rng, ("int", "int", "num", "city", "name", "word")) for _ in range(int(rng.integers(1, 3))))
    names = pick(rng, NUMBER_NAMES)[: len(kinds)]
    if chance(rng, 0.5):
        names = tuple(dict.fromkeys(invented(rng, split) for _ in kinds))
        kinds = kinds[: len(names)]
    k = "two values" if len(kinds) == 2 else "a value"
    tool = ToolDefinition(name, pick(rng, DESCRIPTIONS_OF_INVENTED).format(n=name, k=k), _schema(names, kinds))

    def ask(split: Split) -> tuple[str, dict[str, Json], Json]:
        values = _values(rng, kinds, split, pieces)
        spoken = [f'"{value}"' if kind == "word" else str(value) for kind, value in zip(kinds, values, strict=True)]
        question = pick(rng, QUESTIONS_OF_INVENTED).format(n=name, v=" and ".join(spoken))
        return question, dict(zip(names, values, strict=True)), _result(rng, pick(rng, _RESULTS), values)

    return tool, None, ask


def _values(rng: np.random.Generator, kinds: Sequence[str], split: Split, pieces: bool) -> list[Json]:
    if tuple(kinds) in (("int", "int"), ("num", "num")):
        low, high = (10, 99) if chance(rng, 0.3) else (0, 10 ** int(rng.integers(2, 5)) - 1)
        a, b = number_pair(rng, split, low, high)
        if kinds[0] == "num" and chance(rng, 0.2):
            return [a + int(rng.integers(1, 10)) / 10, b]
        return [a, b]
    return [_value(rng, kind, split, pieces) for kind in kinds]


def _value(rng: np.random.Generator, kind: str, split: Split, pieces: bool) -> Json:
    if split == "train" and kind not in _TYPES and chance(rng, 0.35):
        drawn = spliced(rng, split, pieces=pieces)
        return drawn if kind in _LOWER else drawn.capitalize()
    match kind:
        case "int":
            return number(rng)
        case "num":
            whole = number(rng)
            return whole + int(rng.integers(1, 10)) / 10 if chance(rng, 0.2) else whole
        case "word":
            return invented(rng, split)
        case listed:
            return invented(rng, split).capitalize() if chance(rng, 0.4) else word(rng, _WORDS[listed], split)


def _result(rng: np.random.Generator, kind: str, values: Sequence[Json]) -> Json:
    if chance(rng, 0.03):
        return f"Error: {pick(rng, ('not found', 'no answer', 'bad value', 'timed out'))}"
    match kind:
        case "add":
            return round(values[0] + values[1], 4)
        case "subtract":
            return round(values[0] - values[1], 4)
        case "multiply":
            return round(values[0] * values[1], 4)
        case "divide":
            return round(values[0] / values[1], 4) if values[1] else "Error: division by zero"
        case "yes":
            return pick(rng, ("yes", "no", "True", "False"))
        case "weather":
            sky = pick(rng, ("sunny", "cloudy", "rainy", "windy", "snow", "fog", "clear"))
            form = pick(rng, ("{0}", "{0}, {1} degrees", "{1} C and {0}", '{{"sky": "{0}", "degrees": {1}}}'))
            return form.format(sky, int(rng.integers(-9, 40)))
        case "time":
            return f"{int(rng.integers(24)):02d}:{int(rng.integers(60)):02d}"
        case "date":
            return f"20{int(rng.integers(10, 40))}-{int(rng.integers(1, 13)):02d}-{int(rng.integers(1, 29)):02d}"
        case "city":
            return pick(rng, CITIES)
        case "code":
            return f"{pick(rng, 'ABCDEFGH')}{pick(rng, 'KLMNOPQR')}{number(rng)}"
        case "done":
            return pick(rng, ("done", "ok", "sent", "The order is placed."))
        case "word":
            return " ".join(invented(rng, "train") for _ in range(int(rng.integers(1, 4))))
        case _:
            whole = int(rng.integers(10 ** int(rng.integers(1, 9))))
            return f"{whole / 100}" if chance(rng, 0.2) else whole
