"""What happens to a notebook's conversations: every change is an event, and the conversations are the fold of them.

The same fold is used while a kernel runs and when the next one reads the events back, so both see the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from workbench.magics.chat import Chat, Side, Turn

__all__ = ["Change", "Edited", "Forgotten", "Hidden", "Redone", "Said", "Undone", "apply"]


@dataclass(frozen=True, slots=True)
class Said:
    """A turn was answered.

    Args:
        chat: the conversation.
        turn: what was said.
        branch_of: where it is the first of a branch: the conversation that it leaves.
        after: the turn after which it leaves it; None leaves it at its beginning.
        anew: whether the conversation of this name ends and another one begins.
    """

    chat: str
    turn: Turn
    branch_of: str | None = None
    after: str | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Hidden:
    """Turns are sent no more, or again."""

    chat: str
    turn_ids: tuple[str, ...]
    hidden: bool


@dataclass(frozen=True, slots=True)
class Edited:
    """A turn is sent with another text."""

    chat: str
    turn_id: str
    side: Side
    text: str


@dataclass(frozen=True, slots=True)
class Undone:
    """The last turns were taken back."""

    chat: str
    turn_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redone:
    """What was taken back last came back."""

    chat: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The name is free again."""

    chat: str


Change: TypeAlias = Said | Hidden | Edited | Undone | Redone | Forgotten


def apply(chats: dict[str, Chat], change: Change) -> None:
    """Changes the conversations; what a change speaks of and is not there any more is passed over."""
    chat = chats.get(change.chat, Chat())
    match change:
        case Said(name, turn, branch_of, after, anew):
            if branch_of is not None:
                chat = chats.get(branch_of, Chat()).until(after)
            chats[name] = (Chat() if anew else chat).said(turn)
        case Forgotten(name):
            chats.pop(name, None)
        case _ if change.chat not in chats:
            return
        case Hidden(name, turn_ids, hidden):
            chats[name] = chat.marked(turn_ids, hidden)
        case Edited(name, turn_id, side, text):
            chats[name] = chat.reworded(turn_id, side, text)
        case Undone(name, turn_ids):
            chats[name] = chat.without(turn_ids)
        case Redone(name):
            chats[name] = chat.restored()
