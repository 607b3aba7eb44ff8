"""An event of a foreign span, or a log record that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Event"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened during a span.

    Args:
        name: such as `gen_ai.choice` or `exception`.
        attributes: what was said of it; of a log record, its body too.
        time_unix_nano: when.
    """

    name: str
    attributes: Mapping[str, Any]
    time_unix_nano: int | None = None
