"""Named conversations: each name has its own history, kept in the kernel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from workbench.errors import OptionError, nearest
from workbench.messages import Message, assistant

__all__ = ["INTERRUPTED", "Conversations"]

INTERRUPTED: Final = "[interrupted]"


class Conversations:
    """The histories of one kernel; a history is a tuple of messages, the system message first where there is one."""

    def __init__(self) -> None:
        self._histories: dict[str, tuple[Message, ...]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._histories)

    def history(self, name: str | None) -> tuple[Message, ...]:
        """What was said so far; nothing for a new name, or for None: a cell that stands alone."""
        return () if name is None else self._histories.get(name, ())

    def remember(self, name: str | None, messages: Sequence[Message]) -> None:
        """Makes these messages the history; None keeps nothing."""
        if name is not None:
            self._histories[name] = tuple(messages)

    def remember_partial(self, name: str | None, asked: Sequence[Message], text: str) -> None:
        """Keeps what an interrupted reply had said, marked so; where it had said nothing, nothing is kept."""
        if text:
            self.remember(name, (*asked, assistant(f"{text} {INTERRUPTED}")))

    def forget(self, name: str) -> None:
        """Drops one history.

        Raises:
            OptionError: there is no such conversation.
        """
        if name not in self._histories:
            there = ", ".join(self._histories) or "none yet"
            raise OptionError(
                f"There is no conversation {name!r}; there are: {there}. {nearest(name, self._histories)}".rstrip(),
                hint="%llm chats",
            )
        del self._histories[name]


def with_system(history: Sequence[Message], system_message: Message | None) -> tuple[Message, ...]:
    """The history under this system message, which replaces an earlier one; None leaves it as it is."""
    if system_message is None:
        return tuple(history)
    return (system_message, *(message for message in history if message.role != "system"))
