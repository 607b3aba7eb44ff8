"""Health: whether what this process traces reaches the store, and what a person is told when it does not."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Health", "StoreWarning"]


class StoreWarning(UserWarning):
    """Something about the store that a person should know and that stops nothing."""


@dataclass(frozen=True, slots=True)
class Health:
    """What became of this process's records that could not be written at once.

    Attributes:
        kept: records that wait in memory until they can be written.
        kept_bytes: their size.
        lost: records that were given up, because memory for them was full or the process's journal was closed.
        reason: why they cannot be written; None while all is well.
    """

    kept: int = 0
    kept_bytes: int = 0
    lost: int = 0
    reason: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether everything is written, and nothing was lost."""
        return not self.kept and not self.lost and self.reason is None
