"""What a network answers to problems: once, many times, with tools run to the end, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from workbench.messages import Message, ToolDefinition, tool_results
from workbench.networks.decoding import Decoder
from workbench.networks.sampling import Sampling
from workbench.networks.transformer import Transformer
from workbench.training.curriculum.catalogue import families
from workbench.training.curriculum.problem import Problem
from workbench.training.curriculum.tool_sequences import run_call

__all__ = [
    "Exchange",
    "Template",
    "answers",
    "exchanges",
    "held_out_accuracy",
    "last_log_probabilities",
    "mean_log_probabilities",
    "written",
]

_BATCH = 32


class Template(Protocol):
    """How a model is spoken to."""

    @property
    def end(self) -> int:
        """The token that ends a reply."""
        ...

    def prompt(self, messages: Sequence[Message], tools: Sequence[ToolDefinition] = ()) -> list[int]:
        """The ids of a conversation up to where the assistant is to speak."""
        ...

    def parse(self, ids: Sequence[int]) -> Message:
        """The assistant's message of generated ids."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """A problem worked through with its tools.

    Args:
        reply: the last message.
        asked: how often the model was asked.
        tokens: what it read and wrote, all told.
    """

    reply: Message
    asked: int
    tokens: int


def written(
    model: Transformer,
    template: Template,
    prompts: Sequence[Sequence[int]],
    max_tokens: int = 128,
    temperature: float = 0.0,
    seeds: Sequence[int] | None = None,
) -> list[list[int]]:
    """The ids that are written after each prompt.

    Args:
        model: the network.
        template: its chat format.
        prompts: ids.
        max_tokens: of each reply.
        temperature: 0 takes the likeliest token.
        seeds: of the draws, one for each prompt.
    """
    found: list[list[int]] = [[] for _ in prompts]

    draws = [0] * len(prompts) if seeds is None else seeds
    samplings = [Sampling(max_tokens, temperature, seed=seed) for seed in draws]
    # prompts of like length are read together, so that little is padded
    order = sorted(range(len(prompts)), key=lambda row: len(prompts[row]))

    def take(place: int, id: int, *rest: object) -> bool:
        del rest
        found[order[place]].append(id)
        return True

    decoder = Decoder(model, [template.end])
    decoder.generate([prompts[row] for row in order], [samplings[row] for row in order], take)
    return found


def answers(
    model: Transformer,
    template: Template,
    problems: Sequence[Problem],
    max_tokens: int = 128,
    temperature: float = 0.0,
    seeds: Sequence[int] | None = None,
) -> list[Message]:
    """The network's own replies; see `written`."""
    prompts = [template.prompt(problem.messages, problem.tools) for problem in problems]
    return [template.parse(ids) for ids in written(model, template, prompts, max_tokens, temperature, seeds)]


def exchanges(model: Transformer, template: Template, problems: Sequence[Problem], most: int = 6) -> list[Exchange]:
    """Every problem with its tools run until the model calls none any more, or was asked `most` times."""
    now = list(problems)
    ended: list[Exchange | None] = [None] * len(now)
    tokens = [0] * len(now)
    for asked in range(1, most + 1):
        going = [place for place, exchange in enumerate(ended) if exchange is None]
        prompts = [template.prompt(now[place].messages, now[place].tools) for place in going]
        for place, prompt, ids in zip(going, prompts, written(model, template, prompts), strict=True):
            reply = template.parse(ids)
            tokens[place] += len(prompt) + len(ids)
            if not reply.tool_calls or asked == most:
                ended[place] = Exchange(reply, asked, tokens[place])
                continue
            results = [tool_results(run_call(now[place], call)) for call in reply.tool_calls]
            now[place] = replace(now[place], messages=(*now[place].messages, reply, *results))
    return [exchange for exchange in ended if exchange is not None]


def last_log_probabilities(
    model: Transformer, prompts: Sequence[Sequence[int]]
) -> Float[np.ndarray, "prompts vocabulary"]:
    """The natural log-probabilities of what follows each prompt."""
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))  # so that little is padded
    found = np.empty((len(prompts), model.config.vocabulary), np.float32)
    for place, rows in zip(order, _log_probabilities(model, [prompts[place] for place in order]), strict=True):
        found[place] = rows[len(prompts[place]) - 1]
    return found


def mean_log_probabilities(
    model: Transformer, prompts: Sequence[Sequence[int]], replies: Sequence[Sequence[int]]
) -> Float[np.ndarray, " prompts"]:
    """The mean natural log-probability of each reply's tokens, after its prompt."""
    whole = [[*prompt, *reply] for prompt, reply in zip(prompts, replies, strict=True)]
    found: list[float] = []
    for rows, prompt, reply in zip(_log_probabilities(model, whole), prompts, replies, strict=True):
        places = np.arange(len(prompt) - 1, len(prompt) + len(reply) - 1)
        found.append(float(rows[places, np.asarray(reply)].mean()) if len(reply) else 0.0)
    return np.array(found)


def _log_probabilities(model: Transformer, sequences: Sequence[Sequence[int]]) -> Iterator[np.ndarray]:
    """Of every next token, sequence by sequence."""
    for start in range(0, len(sequences), _BATCH):
        chosen = sequences[start : start + _BATCH]
        length = 1 << max(max(map(len, chosen)) - 1, 31).bit_length()
        tokens = np.zeros((_BATCH, length), np.int32)
        for row, sequence in enumerate(chosen):
            tokens[row, : len(sequence)] = sequence
        yield from np.asarray(_all(model, jnp.asarray(tokens)))[: len(chosen)]


@jax.jit
def _all(model: Transformer, tokens: Int[Array, "rows length"]) -> Float[Array, "rows length vocabulary"]:
    return jax.nn.log_softmax(model(tokens), axis=-1)


def held_out_accuracy(model: Transformer, template: Template, count: int = 50, seed: int = 7) -> dict[str, float]:
    """The share of held-out problems of each family, of all its levels, that are answered right."""
    figures: dict[str, float] = {}
    for name, family in families().items():
        if name == "small_talk":  # it has too few forms to keep any from training
            continue
        problems = family.problems(count, seed=seed)
        replies = answers(model, template, problems)
        figures[name] = float(np.mean([p.correct(r) for p, r in zip(problems, replies, strict=True)]))
    return figures
