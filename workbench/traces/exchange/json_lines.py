"""JSON lines: the objects of a file, one a line; a line that is none is said, and the others go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from workbench.traces.exchange.intake import Intake, Progress

__all__ = ["objects"]


def objects(path: Path, intake: Intake, progress: Progress | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects in a file with the number of their line; also those of one JSON text over many lines.

    Args:
        path: the file.
        intake: counts the lines that are no JSON object.
        progress: told how many bytes are read, of how many.
    """
    total, done = path.stat().st_size, 0
    if (whole := _one_text(path)) is not None:
        yield from ((1, one) for one in whole)
        done = total
    else:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                done += len(line)
                if line.strip():
                    if (found := _object(line)) is None:
                        intake.skip("a line is no JSON object")
                    else:
                        yield number, found
                if progress is not None and number % 100 == 0:
                    progress(done, total)
    if progress is not None:
        progress(done, total)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _one_text(path: Path) -> list[dict[str, Any]] | None:
    """The objects of a file that is one JSON text, printed over several lines; None where each line is its own."""
    with path.open("rb") as file:
        first = next((line for line in file if line.strip()), b"")
    if first.strip() not in (b"{", b"["):
        return None
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    given = cast("list[Any]", value if isinstance(value, list) else [value])
    return [cast("dict[str, Any]", one) for one in given if isinstance(one, dict)]
