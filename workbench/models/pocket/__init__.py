"""The pocket model: a small transformer of our own that answers at once, offline and for nothing.

The class is looked up on first use, so that importing this folder does not import JAX.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.models.pocket.model import PocketModel

__all__ = ["PocketModel"]


def __getattr__(name: str) -> Any:
    if name != "PocketModel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workbench.models.pocket.model import PocketModel

    return PocketModel
