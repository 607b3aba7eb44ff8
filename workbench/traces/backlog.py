"""The backlog: lines that cannot be written now, in memory, up to a bound."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

__all__ = ["Backlog"]


class Backlog:
    """Keeps lines in order. What does not fit any more is counted as lost: the newest, because later lines may build on
    earlier ones.

    Args:
        limit_bytes: how much is kept.

    Attributes:
        size: bytes kept.
        lost: lines given up.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.size = 0
        self.lost = 0
        self._lines: deque[bytes] = deque()

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: bytes) -> bool:
        """Keeps the line; False where there is no room, so that it is lost."""
        if self.size + len(line) > self.limit_bytes:
            self.lost += 1
            return False
        self._lines.append(line)
        self.size += len(line)
        return True

    def write(self, write: Callable[[bytes], bool]) -> bool:
        """Writes from the oldest on, as far as it goes; whether nothing is left."""
        while self._lines:
            if not write(self._lines[0]):
                return False
            self.size -= len(self._lines.popleft())
        return True

    def give_up(self) -> int:
        """Loses what is kept, and says how much that was."""
        given_up = len(self._lines)
        self.lost += given_up
        self._lines.clear()
        self.size = 0
        return given_up
