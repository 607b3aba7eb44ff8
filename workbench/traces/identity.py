"""Ids of spans and traces: random, and never the same in two processes."""

from __future__ import annotations

import os
import random
from typing import Final

__all__ = ["new_id"]

# Of our own: `random.seed(0)` in a notebook must not give every run's spans the same ids. And in this process: whenever
# a thread asks the operating system for something, another thread may keep it waiting for 5 ms.
_generator: Final = random.Random(os.urandom(32))  # noqa: S311 - ids are told to everyone


def new_id(size: int) -> str:
    """So many random bytes, as hex digits.

    Example:
        >>> len(new_id(8))
        16
    """
    return _generator.randbytes(size).hex()


def _begin_anew() -> None:
    _generator.seed(os.urandom(32))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
