"""A foreign span in the store's words, whatever dialect its library speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.messages import Json, Message
from workbench.traces.foreign import genai, openinference, parts
from workbench.traces.foreign.event import Event
from workbench.traces.foreign.names import operation
from workbench.traces.foreign.said import Said
from workbench.traces.foreign.tokens import with_cached

__all__ = ["Reading", "kind_of", "read"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a foreign span says.

    Args:
        columns: of `spans`; what it does not say is not there.
        inputs: the messages that the operation read, in order.
        outputs: the messages that it wrote.
        attributes: what has no column, under its dotted name.
        events: what did not become messages.
    """

    columns: Mapping[str, Any]
    inputs: Sequence[Message] = ()
    outputs: Sequence[Message] = ()
    attributes: Mapping[str, Json] = field(default_factory=dict[str, Json])
    events: Sequence[Event] = ()


def read(attributes: Mapping[str, Any], events: Sequence[Event] = (), started_ns: int | None = None) -> Reading:
    """Reads attributes and events of the GenAI conventions, old and new, of OpenInference and of OpenLLMetry.

    A span that speaks two dialects at once (OpenInference can) is read once: what the second says again is left out.

    Args:
        attributes: as the library set them.
        events: of the span, and log records that belong to it.
        started_ns: when the span started, for the time to the first chunk.

    Example:
        >>> said = {"gen_ai.system": "openai", "gen_ai.usage.prompt_tokens": 7, "http.status": 200}
        >>> reading = read(said)
        >>> dict(reading.columns), dict(reading.attributes)
        ({'input_tokens': 7, 'provider': 'openai'}, {'http.status': 200})
    """
    said = Said(attributes)
    columns: dict[str, Any] = {}
    left = genai.take_events(said, events)
    inputs, outputs = genai.messages(said, left.messages)
    genai.columns(said, columns)
    if openinference.speaks(said.left):
        openinference.columns(said, columns)
        theirs = openinference.messages(said)
        inputs, outputs = inputs or theirs[0], outputs or theirs[1]
        openinference.rename(said, columns, bool(inputs), bool(outputs))
    columns["finish_reason"] = columns.get("finish_reason") or left.finish_reason
    if columns["time_to_first_chunk_ms"] is None and left.first_chunk_ns is not None and started_ns is not None:
        columns["time_to_first_chunk_ms"] = (left.first_chunk_ns - started_ns) / 1e6
    columns = {name: value for name, value in with_cached(columns, said).items() if value is not None}
    return Reading(columns, parts.named(inputs), outputs, said.left, left.events)


def kind_of(attributes: Mapping[str, Any]) -> str | None:
    """The operation, as far as the attributes say it; None for spans that have nothing to do with models."""
    for name in ("gen_ai.operation.name", "openinference.span.kind", "llm.request.type", "traceloop.span.kind"):
        said = attributes.get(name)
        if isinstance(said, str) and said:
            return operation(said) if name != "gen_ai.operation.name" else said
    return None
