"""The tool `ask`: a model asks a person, or whoever answers in a person's place."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from workbench.errors import ToolError
from workbench.messages import Answer
from workbench.tools.annotation import annotate
from workbench.tools.define import tool
from workbench.tools.tool import Tool
from workbench.traces import scope

__all__ = ["Answerer", "always", "ask_tool", "nobody", "simulated"]

# a question's words -> the answer's words
Answerer: TypeAlias = Callable[[str], str | Awaitable[str]]


def ask_tool(answer: Answerer | None = None, *, name: str = "ask") -> Tool:
    """A tool with which a model asks for what it does not know. Question and answer are on the call's span.

    Args:
        answer: who answers, sync or async: a person at a field, or one of the policies for when nobody is there:
            `nobody` (the default; the model reads that it has to go on without), `always("yes")`, or
            `simulated(program)`.
        name: as the model calls it.

    Example:
        >>> import asyncio
        >>> asyncio.run(ask_tool(always("blue"))("Which colour?"))
        'blue'
    """
    answerer = nobody if answer is None else answer

    async def ask(question: str) -> str:
        """Ask the user a question and wait for the answer. Use it when what you need to know is known to them alone.

        Args:
            question: one short question, in full words.
        """
        annotate("workbench.ask.by", getattr(answerer, "by", "person"))
        reply: Any = answerer(question)
        if inspect.isawaitable(reply):
            reply = await reply
        if not isinstance(reply, str):
            raise ToolError(f"The question was answered with {reply!r}; an answer is a text.")
        return reply

    return tool(ask, name=name)


class _Policy:
    """An answerer that is no person, and says so on the span."""

    def __init__(self, by: str, answer: Answerer) -> None:
        self.by = by
        self._answer = answer

    def __call__(self, question: str) -> str | Awaitable[str]:
        return self._answer(question)


def _refuse(question: str) -> str:
    raise ToolError("Nobody is there to answer. Go on with what you know, and say what you assumed.")


nobody = _Policy("nobody", _refuse)


def always(text: str) -> Answerer:
    """Answers every question with the same text."""
    return _Policy("fixed", lambda question: text)


def simulated(program: Callable[[str], Awaitable[Answer | str]]) -> Answerer:
    """Answers with a program, such as a method on a model; its calls are traced with the role `simulated_user`.

    Args:
        program: any program: a question's words in, an `Answer` or its words out.
    """

    async def answer(question: str) -> str:
        with scope(role="simulated_user"):
            reply = await program(question)
        return reply.text if isinstance(reply, Answer) else reply

    return _Policy("simulated_user", answer)
