"""Progress of long work: a bar on the terminal, and nothing where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

__all__ = ["progress"]

_WIDTH: Final = 30
_PAUSE_SECONDS: Final = 0.1


@contextmanager
def progress(what: str) -> Generator[Callable[[int, int], None] | None]:
    """Gives a function that shows how much is done, of how much, on standard error; None where that is no terminal.

    Args:
        what: is being done, such as `export`.
    """
    if not sys.stderr.isatty():
        yield None
        return
    shown_at = 0.0

    def show(done: int, whole: int) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at < _PAUSE_SECONDS and done < whole:
            return
        shown_at = now
        share = min(done / whole, 1.0) if whole else 1.0
        bar = ("█" * round(share * _WIDTH)).ljust(_WIDTH, "░")
        sys.stderr.write(f"\r{what} {bar} {share:4.0%}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")  # the bar goes: what was done is said in words
        sys.stderr.flush()
