"""Exchange: traces go out to files and come in from files, of this workbench and of other tools.

`export` writes a store, or what a `Selection` chooses of it; `import_` reads a file into the store through its journal.
"""

from __future__ import annotations

import importlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.traces.exchange.format import FORMATS, Format, format_for, recognised
from workbench.traces.exchange.selection import Selection
from workbench.traces.exchange.target import size_of, written
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    from workbench.traces.exchange.intake import Imported, Progress

__all__ = ["FORMATS", "Exported", "Format", "Imported", "Selection", "export", "import_"]


@dataclass(frozen=True, slots=True)
class Exported:
    """What one export wrote.

    Attributes:
        rows: relation -> rows; for the chat format `lines`.
        bytes: of the file, or of all files in the folder.
        path: where it lies.
    """

    rows: dict[str, int]
    bytes: int
    path: Path


def export(
    path: str | Path,
    *,
    format: str | None = None,
    store: Store | None = None,
    where: Selection | None = None,
    replace: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Writes traces to a file or folder, which appears whole or not at all.

    Args:
        path: its ending says the format, where `format` does not. For tables (`parquet`, `csv`) a path that is named
            after a relation, such as `spans.parquet`, becomes one file of that relation, another one a folder.
        format: a name in `FORMATS`.
        store: the process's store by default; everything journalled is folded into it first.
        where: which spans; all by default.
        replace: whether what is there may be replaced.
        progress: called with how much is done and how much there is, in rows.

    Raises:
        OptionError: no such format, or the path does not say which.
        DataError: the path is taken, or cannot be written.
        StoreError: the store stayed busy or cannot be read.
    """
    target = Path(path).expanduser().absolute()
    chosen = format_for(target, format)
    module, source = _module(chosen), store or current_store()
    from workbench.traces.exchange.source import opened

    with (
        written(target, folder=chosen.is_folder(target), replace=replace) as draft,
        _scratch(source) as scratch,
        opened(source, where or Selection(), Path(scratch)) as connection,
    ):
        rows: dict[str, int] = module.write(connection, target, draft, progress)
    return Exported(rows, size_of(target), target)


def import_(
    path: str | Path, *, format: str | None = None, store: Store | None = None, progress: Progress | None = None
) -> Imported:
    """Brings a file into the store; what the store has already stays as it is, so doing it twice changes nothing.

    What comes in passes through the journal, and keys are cut out of it as out of everything else. A file that cannot
    be read at all changes nothing; of one that is bad in places, the rest comes in and the bad lines are counted.

    Args:
        path: a file or folder in one of the `FORMATS`.
        format: which one; by default, what the content looks like.
        store: the process's store by default.
        progress: called with how much is done and how much there is, in rows or bytes.

    Raises:
        OptionError: no such format.
        DataError: there is no such file, it is cut off, of a newer version, or looks like another format.
        StoreError: the store cannot be written.
    """
    given = Path(path).expanduser().absolute()
    module = _module(recognised(given, format))
    from workbench.traces.exchange.intake import Intake

    source = store or current_store()
    intake = Intake(source)
    with _scratch(source) as scratch:
        module.read(given, intake, Path(scratch), progress)
    return intake.finish()


def _scratch(store: Store) -> tempfile.TemporaryDirectory[str]:
    """A passing folder beside the store, where there is room for its like; /tmp is in memory on many machines."""
    store.path.parent.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=f".{store.path.name}-", dir=store.path.parent)


def _module(chosen: Format) -> Any:
    return importlib.import_module(f"workbench.traces.exchange.{chosen.module}")


def __getattr__(name: str) -> Any:
    """Names whose modules are heavier, when they are first asked for."""
    if name in ("Imported", "Progress"):
        return getattr(importlib.import_module("workbench.traces.exchange.intake"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
