"""From a model's last reply to a program's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.messages import Answer, Json, Message
from workbench.models.model import Reply

__all__ = ["conclude"]


def conclude(reply: Reply, *, before: Sequence[Message] = (), evidence: Mapping[str, Json] | None = None) -> Answer:
    """The answer that a reply is: its text, or a non-answer where the provider refused or nothing came.

    Args:
        reply: the last one.
        before: what the program added to the conversation before it.
        evidence: what the answer rests on.

    Returns:
        kind `refusal` after a content filter, `no_answer` for a reply without text, otherwise `text`.
    """
    messages, grounds = (*before, reply.message), dict(evidence or {})
    if reply.finish_reason == "content_filter":
        return Answer(
            reply.message.text or "The provider's filter refused.", "refusal", messages=messages, evidence=grounds
        )
    if not reply.message.text.strip():
        return Answer(
            f"The model gave no text (it ended by {reply.finish_reason!r}).",
            "no_answer",
            messages=messages,
            evidence=grounds,
        )
    return Answer(reply.message.text, messages=messages, evidence=grounds)
