"""A target: a file or folder that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import DataError

__all__ = ["size_of", "written"]


@contextmanager
def written(path: Path, *, folder: bool, replace: bool) -> Generator[Path]:
    """Gives a temporary path beside this one; what is written there takes its name at the end.

    After an exception there is nothing under `path`, or still what was there before. Of a process that was killed, a
    hidden `.part` file may be left beside it; a folder that was being replaced may be left as a hidden `.old` one.

    Args:
        path: the name in the end.
        folder: whether the temporary path is made as a folder.
        replace: whether something that is there already may be replaced.

    Raises:
        DataError: something is there and may not be replaced, or the place cannot be written.
    """
    if path.exists() and not replace:
        raise DataError(f"{str(path)!r} is there already.", hint="choose another name, or export(…, replace=True)")
    token = secrets.token_hex(4)
    draft = path.with_name(f".{path.name}.{token}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if folder:
            draft.mkdir()
        yield draft
        if path.is_dir():  # a folder cannot be replaced in one step
            old = path.with_name(f".{path.name}.{token}.old")
            path.rename(old)
            try:
                draft.rename(path)
            except OSError:
                old.rename(path)
                raise
            _remove(old)
        else:
            draft.replace(path)
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be written: {error.strerror or error}.") from error
    finally:
        _remove(draft)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all the files in a folder."""
    if path.is_dir():
        return sum(entry.stat().st_size for entry in os.scandir(path) if entry.is_file())
    return path.stat().st_size


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    elif path.exists():
        path.unlink()
