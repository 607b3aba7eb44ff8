"""A whole reply as a stream again: in the pieces it came in where they are known, else word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from workbench.messages import Reasoning, Text
from workbench.models.model import Delta, Reply

__all__ = ["lengths_of", "pieces_of"]

_WORD: Final = re.compile(r"\s*\S+|\s+")


def lengths_of(pieces: Sequence[Delta]) -> list[int]:
    """How long each piece was: characters of text, and with a minus sign, of reasoning.

    Example:
        >>> lengths_of([Delta(reasoning="hm"), Delta(text="four")])
        [-2, 4]
    """
    found: list[int] = []
    for piece in pieces:
        found += [-len(piece.reasoning)] if piece.reasoning else []
        found += [len(piece.text)] if piece.text else []
    return found


def pieces_of(reply: Reply, lengths: Sequence[int] | None = None) -> Iterator[Delta]:
    """The pieces of a reply.

    Args:
        reply: the whole.
        lengths: as `lengths_of` gave them; where they do not add up to the reply, it comes word by word.

    Example:
        >>> from workbench.messages import Usage, assistant
        >>> reply = Reply(assistant("two and two"), Usage(), "stop", "m")
        >>> [piece.text for piece in pieces_of(reply)], [piece.text for piece in pieces_of(reply, [5, 6])]
        (['two', ' and', ' two'], ['two a', 'nd two'])
    """
    parts = reply.message.parts
    text = reply.message.text
    thought = "".join(part.content for part in parts if isinstance(part, Reasoning))
    said = lengths or ()
    if sum(n for n in said if n > 0) == len(text) and -sum(n for n in said if n < 0) == len(thought):
        written = pondered = 0
        for length in said:
            if length > 0:
                yield Delta(text=text[written : (written := written + length)])
            elif length < 0:
                yield Delta(reasoning=thought[pondered : (pondered := pondered - length)])
        return
    for part in parts:
        for word in _WORD.findall(part.content) if isinstance(part, Text | Reasoning) else ():
            yield Delta(text=word) if isinstance(part, Text) else Delta(reasoning=word)
