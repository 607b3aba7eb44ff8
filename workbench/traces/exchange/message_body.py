"""Message bodies from files: the JSON of the GenAI conventions as messages, whatever parts they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from workbench.errors import DataError
from workbench.messages import Json, Message, Other, Part, message_from_json, message_to_json

__all__ = ["as_message"]


def as_message(body: Json) -> Message:
    """The message with this body; a part that this version would not write in the same way is kept as it is.

    Raises:
        DataError: it is no message of the conventions.

    Example:
        >>> as_message({"role": "user", "parts": [{"type": "text", "content": "hi"}]}).text
        'hi'
    """
    match body:
        case {"role": "system" | "user" | "assistant" | "tool" as role, "parts": [*parts]}:
            given = cast("Sequence[Any]", parts)
        case _:
            raise DataError(f"No message of the conventions: {str(body)[:100]!r}.")
    return Message(role, tuple(_part(part) for part in given))


def _part(body: Any) -> Part:
    if not isinstance(body, Mapping):
        raise DataError(f"No part of a message: {str(body)[:100]!r}.")
    part = cast("Mapping[str, Json]", body)
    given: dict[str, Json] = {"role": "user", "parts": [part]}
    try:
        message = message_from_json(given)
        if message_to_json(message) == given:
            return message.parts[0]
    except (DataError, KeyError, TypeError, ValueError, AttributeError):
        pass
    return Other(part)
