"""A problem: a conversation, the tools at hand and what the assistant should say next."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from workbench.messages import Message, ToolDefinition

__all__ = ["Problem", "Split", "held_out"]

Split: TypeAlias = Literal["train", "held_out"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One item of a curriculum.

    Args:
        family: which generator made it, and what it asks for.
        messages: the conversation up to the assistant's turn.
        target: the assistant's turn.
        tools: what it may call.
    """

    family: str
    messages: tuple[Message, ...]
    target: Message
    tools: tuple[ToolDefinition, ...] = ()

    def correct(self, reply: Message) -> bool:
        """Whether a reply says exactly what the target says: the same words, or the same calls with the same arguments.

        Example:
            >>> from workbench.messages import assistant, user
            >>> problem = Problem("addition", (user("12 + 34"),), assistant("46"))
            >>> problem.correct(assistant("46 ")), problem.correct(assistant("64"))
            (True, False)
        """
        calls = [(call.name, call.arguments) for call in reply.tool_calls]
        wanted = [(call.name, call.arguments) for call in self.target.tool_calls]
        return calls == wanted and reply.text.strip() == self.target.text.strip()


def held_out(*content: object) -> bool:
    """Whether an item with this content is kept from training: one in ten, by a hash, in every family alike.

    Two numbers are the same pair in either order, so that 12 + 34 is held out with 34 + 12 and 34 - 12.

    Example:
        >>> held_out(12, 34) == held_out(34, 12)
        True
    """
    return zlib.crc32("\n".join(sorted(map(str, content))).encode()) % 10 == 0
