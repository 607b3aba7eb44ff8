"""Leftovers: files beside the store that hold traces and that no question reads."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path
from typing import Final

from workbench.traces.segment import journal_folder

__all__ = ["files", "holding", "leftovers"]

_CHUNK: Final = 8 << 20


def files(store: Path) -> list[Path]:
    """Every file of the store: its own, its journal's, and what lies beside it under its name."""
    beside = [path for path in store.parent.glob(f"{store.name}*") if path.is_file()]
    return sorted([*beside, *(path for path in journal_folder(store).rglob("*") if path.is_file())])


def leftovers(store: Path) -> list[Path]:
    """Files that were moved aside as damaged, and drafts of a rewriting that was killed."""
    return [path for path in files(store) if ".damaged-" in path.name or ".rewriting" in path.name]


def holding(store: Path, words: Set[bytes]) -> Iterator[Path]:
    """The store's files in whose bytes one of these words stands."""
    longest = max(map(len, words), default=0)
    for path in files(store) if words else []:
        if path.suffix != ".lock" and _holds(path, words, longest):
            yield path


def _holds(path: Path, words: Set[bytes], longest: int) -> bool:
    with path.open("rb") as file:
        rest = b""
        while chunk := file.read(_CHUNK):
            piece = rest + chunk
            if any(word in piece for word in words):
                return True
            rest = piece[-longest:]
    return False
