"""A conversation as a value: its turns, which of them are sent, and what was undone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias

from workbench.messages import Message, Reasoning, Text

__all__ = ["Chat", "Side", "Turn"]

Side: TypeAlias = Literal["prompt", "answer"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A prompt and all that was added to the conversation by answering it.

    Args:
        turn_id: the id of its span.
        trace_id: of the trace in which it was answered.
        at: when it ended, in UTC.
        prompt: what was asked; None where the store does not keep content.
        answer: what was added, the reply last.
        system: the system message that holds from this turn on; None leaves it as it was.
        partial: whether the answer was interrupted.
        hidden: whether it stays out of what is sent.
        edited: whether its text is not the one that was said.
        recalled: whether it was said before this kernel started.
    """

    turn_id: str
    trace_id: str
    at: datetime
    prompt: Message | None
    answer: tuple[Message, ...]
    system: Message | None = None
    partial: bool = False
    hidden: bool = False
    edited: bool = False
    recalled: bool = field(default=False, compare=False)

    def with_text(self, side: Side, text: str) -> Turn:
        """The turn with another text on one side; pictures and tool calls stay, reasoning about the old text goes."""
        if side == "prompt":
            prompt = None if self.prompt is None else _reworded(self.prompt, text)
            return replace(self, prompt=prompt, edited=True)
        answer = (*self.answer[:-1], _reworded(self.answer[-1], text)) if self.answer else ()
        return replace(self, answer=answer, edited=True)


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation: its turns in order, and those that were undone, group by group, the last one last."""

    turns: tuple[Turn, ...] = ()
    undone: tuple[tuple[Turn, ...], ...] = ()

    @property
    def history(self) -> tuple[Message, ...]:
        """What is sent before the next prompt: the last system message, and the turns that are not hidden."""
        told = next((turn.system for turn in reversed(self.turns) if turn.system is not None), None)
        said = [
            message
            for turn in self.turns
            if turn.prompt is not None and not turn.hidden
            for message in (turn.prompt, *turn.answer)
        ]
        return (*([] if told is None else [told]), *said)

    def until(self, turn_id: str | None) -> Chat:
        """The beginning, up to this turn; nothing for None."""
        ids = [turn.turn_id for turn in self.turns]
        return Chat(self.turns[: ids.index(turn_id) + 1] if turn_id in ids else ())

    def said(self, turn: Turn) -> Chat:
        """With one turn more; what was undone before cannot come back after it."""
        return Chat((*self.turns, turn))

    def marked(self, turn_ids: Collection[str], hidden: bool) -> Chat:
        """With these turns hidden or not."""
        return self._each(turn_ids, lambda turn: replace(turn, hidden=hidden))

    def reworded(self, turn_id: str, side: Side, text: str) -> Chat:
        """With another text in one turn."""
        return self._each((turn_id,), lambda turn: turn.with_text(side, text))

    def without(self, turn_ids: Collection[str]) -> Chat:
        """With these turns taken back."""
        gone = tuple(turn for turn in self.turns if turn.turn_id in turn_ids)
        kept = tuple(turn for turn in self.turns if turn.turn_id not in turn_ids)
        return Chat(kept, (*self.undone, gone)) if gone else self

    def restored(self) -> Chat:
        """With what was undone last back in its place."""
        if not self.undone:
            return self
        return Chat((*self.turns, *self.undone[-1]), self.undone[:-1])

    def _each(self, turn_ids: Collection[str], change: Callable[[Turn], Turn]) -> Chat:
        return replace(self, turns=tuple(change(turn) if turn.turn_id in turn_ids else turn for turn in self.turns))


def _reworded(message: Message, text: str) -> Message:
    others = tuple(part for part in message.parts if not isinstance(part, Text | Reasoning))
    return Message(message.role, (Text(text), *others))
