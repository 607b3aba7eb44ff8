"""Names of live views: `SESSION.NUMBER`, so that a page asks only the kernel that made a view."""

from __future__ import annotations

import uuid
from typing import Final

__all__ = ["SESSION", "new_name"]

SESSION: Final = uuid.uuid4().hex[:12]  # this process


def new_name() -> str:
    """A name that no other view has."""
    return f"{SESSION}.{uuid.uuid4().hex[:12]}"
