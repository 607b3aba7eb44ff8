"""What a tool says about its own call: attributes on the span around it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from workbench import traces
from workbench.messages import Json

__all__ = ["annotate", "annotated_span"]

_current: Final[ContextVar[traces.Span | None]] = ContextVar("workbench_tool_span", default=None)


@contextmanager
def annotated_span(span: traces.Span) -> Generator[None]:
    """Makes the span the one that `annotate` writes to, for the code inside the block."""
    token = _current.set(span)
    try:
        yield
    finally:
        _current.reset(token)


def annotate(key: str, value: Json) -> None:
    """Keeps a value on the span of the tool call that this code is part of; outside of one it does nothing.

    Args:
        key: a dotted name, such as `workbench.isolation.level`.
        value: JSON.
    """
    span = _current.get()
    if span is not None:
        span.attribute(key, value)
