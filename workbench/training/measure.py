"""Held-out accuracy of a network on the curriculum's families."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.messages import Message
from workbench.networks.chat_template import ChatTemplate
from workbench.networks.decoding import Decoder
from workbench.networks.sampling import Sampling
from workbench.networks.transformer import Transformer
from workbench.training.curriculum.depth import depth_problem
from workbench.training.curriculum.problem import Problem
from workbench.training.curriculum.sums import sum_problem
from workbench.training.curriculum.tool_use import tool_problem

__all__ = ["answers", "held_out_accuracy"]


def answers(
    model: Transformer, template: ChatTemplate, problems: Sequence[Problem], max_tokens: int = 96
) -> list[Message]:
    """The network's own replies, the likeliest token at every place."""
    written: list[list[int]] = [[] for _ in problems]

    def emit(row: int, id: int, logits: np.ndarray) -> bool:
        del logits
        written[row].append(id)
        return True

    prompts = [template.prompt(problem.messages, problem.tools) for problem in problems]
    Decoder(model, [template.end]).generate(prompts, [Sampling(max_tokens)] * len(problems), emit)
    return [template.parse(ids) for ids in written]


def held_out_accuracy(model: Transformer, template: ChatTemplate, count: int = 200, seed: int = 7) -> dict[str, float]:
    """The share of held-out problems that are answered exactly, by family."""
    rng = np.random.default_rng(seed)
    families = {
        "addition": [sum_problem(rng, "held_out", operation="addition", low=10) for _ in range(count)],
        "subtraction": [sum_problem(rng, "held_out", operation="subtraction", low=10) for _ in range(count)],
        "known_tool": [tool_problem(rng, "held_out", known=True) for _ in range(count)],
        "invented_tool": [tool_problem(rng, "held_out", known=False) for _ in range(count)],
        "tool_answer": [tool_problem(rng, "held_out", answered=True) for _ in range(count // 2)],
        "out_of_depth": [depth_problem(rng, "held_out") for _ in range(count // 2)],
    }
    return {
        name: float(np.mean([p.correct(r) for p, r in zip(problems, answers(model, template, problems), strict=True)]))
        for name, problems in families.items()
    }
