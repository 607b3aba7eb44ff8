"""Leftovers: files beside the store that hold traces and that no question reads."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path
from typing import Final

__all__ = ["files", "holding", "leftovers"]

_CHUNK: Final = 8 << 20


def files(store: Path) -> list[Path]:
    """Every file of the store: its own, its journal's, and what lies beside it under its name."""
    beside = list(store.parent.glob(f"{store.name}*"))
    inside = (path for folder in beside if folder.is_dir() for path in folder.rglob("*"))
    return sorted(path for path in [*beside, *inside] if path.is_file())


def leftovers(store: Path) -> list[Path]:
    """Files that were moved aside as damaged, and drafts of a rewriting that was killed."""
    names = [(path, str(path.relative_to(store.parent))) for path in files(store)]
    return [path for path, name in names if ".damaged-" in name or ".rewriting" in name]


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
