"""JSON values of other tools by their shape: objects, lists and times that may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

__all__ = ["items", "moment", "object_of"]


def object_of(value: Any) -> Mapping[str, Any]:
    """The object; an empty one where there is none."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    """The list; an empty one where there is none."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def moment(text: str | None) -> datetime | None:
    """A time; one without a zone is UTC."""
    if text is None:
        return None
    given = datetime.fromisoformat(text)
    return given if given.tzinfo else given.replace(tzinfo=UTC)
