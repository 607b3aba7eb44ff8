"""Calls that are inside another one without saying so."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from workbench.traces.conventions import CALLS
from workbench.traces.span import OpenSpan

__all__ = ["find_outer"]

_begun: Final[ContextVar[OpenSpan | None]] = ContextVar("workbench_foreign_call", default=None)


def find_outer(opened: OpenSpan) -> None:
    """Sets the call around a call of another library that has just begun, where its parent does not tell.

    Some instrumentors (OpenLLMetry's for Anthropic, OpenInference's for its streams) begin a span around the SDK's call
    and do not make it the current one; the SDK's own span is then its sibling, with the same usage once more. It begins
    in the same context, under the same parent, while the other one is open, and by another library: so it is known.
    """
    if opened.row["operation"] not in CALLS:
        return
    last = _begun.get()
    if last is not None and not any(last.inside) and _is_sibling(last, opened):
        opened.outer, opened.in_call = last, True
    else:
        _begun.set(opened)


def _is_sibling(one: OpenSpan, other: OpenSpan) -> bool:
    return (
        not one.is_ended
        and one.row["parent_id"] == other.row["parent_id"]
        and (one.row["parent_id"] is None or one.row["trace_id"] == other.row["trace_id"])
        and one.heard.instrumentation_scope.name != other.heard.instrumentation_scope.name
        and one.row["session"] == other.row["session"]
    )
