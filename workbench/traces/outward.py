"""One of our own spans as others read it: attributes of the GenAI conventions, and OpenTelemetry's status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from opentelemetry.trace import Status, StatusCode

from workbench.messages import Json, message_to_json
from workbench.traces.conventions import ATTRIBUTES, INPUT_MESSAGES, OUTPUT_MESSAGES
from workbench.traces.encoding import dumps
from workbench.traces.span import OpenSpan

__all__ = ["outward", "outward_status"]

_DIRECTIONS: Final = {"input": INPUT_MESSAGES, "output": OUTPUT_MESSAGES}
# columns for which the conventions have no name
_OURS: Final = (
    *("cost_usd", "cost_reason", "price_version", "usage_approximate", "method", "method_version", "role", "phase"),
    *("run_id", "sample_id", "program", "repetition", "notebook", "cell_id", "execution_count", "tool_version"),
)
_PLAIN: Final = (bool, int, float, str)


def outward(opened: OpenSpan) -> dict[str, Any]:
    """The attributes of an ended span of ours: those of the conventions first, ours under `workbench.`.

    What is no plain value is JSON text, as the conventions want it on spans.
    """
    row = opened.row
    said: dict[str, Any] = {name: row.get(column) for column, name in ATTRIBUTES.items()}
    said |= {f"workbench.{column}": row.get(column) for column in _OURS}
    reason, first = row.get("finish_reason"), row.get("time_to_first_chunk_ms")
    said["gen_ai.response.finish_reasons"] = None if reason is None else [reason]
    said["gen_ai.response.time_to_first_chunk"] = None if first is None else first / 1000.0
    for direction, messages in opened.messages.items():
        bodies = [message_to_json(message) for message in messages]
        if direction == "output":
            bodies = [body | {"finish_reason": reason or "stop"} for body in bodies]
        said[_DIRECTIONS[direction]] = dumps(bodies)
    for name, value in opened.attributes.items():
        said.setdefault(name, value)
    return {name: _attribute(value) for name, value in said.items() if value is not None}


def outward_status(opened: OpenSpan) -> Status:
    """An error where it failed; unset otherwise, as the conventions ask: an interrupt is nobody's error."""
    if opened.row["status"] != "error":
        return Status(StatusCode.UNSET)
    return Status(StatusCode.ERROR, opened.row.get("error_message"))


def _attribute(value: Json) -> Any:
    """OpenTelemetry's attributes are plain values, or lists of one kind of them."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list | tuple):
        items = cast("Sequence[Any]", value)
        if items and all(type(item) is type(items[0]) and isinstance(item, _PLAIN) for item in items):
            return list(items)
    if isinstance(value, Mapping):
        return dumps(dict(cast("Mapping[str, Any]", value)))
    return dumps(value)
