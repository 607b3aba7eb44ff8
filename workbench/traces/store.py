"""The store: one DuckDB file and its journal, and which one this process writes to."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from workbench.errors import StoreError
from workbench.traces.health import Health
from workbench.traces.journal import Journal
from workbench.traces.segment import journal_folder
from workbench.traces.writer import Writer

if TYPE_CHECKING:
    import polars as pl

    from workbench.traces.compactor import Compactor, Folded
    from workbench.traces.span import OpenSpan
    from workbench.traces.tracer import Tracer

__all__ = ["Store", "default_path", "store", "use"]

_WAIT_SECONDS: Final = 30.0
_EXIT_SECONDS: Final = 3.0
_MAGIC: Final = b"DUCK"  # from byte 8 on, in every DuckDB file


class Store:
    """Where traces go: records are appended to a journal beside the file, and folded into it when someone asks.

    Args:
        path: the DuckDB file; made when it is first folded into.

    Raises:
        StoreError: the path is a folder, or a file of another kind.

    Attributes:
        path: as given, absolute.
        journal: this process's own part.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser().absolute()
        _require_store(self.path)
        self.journal = Journal(journal_folder(self.path))
        self._writer = Writer()
        self._lock = threading.RLock()
        self._writing = threading.RLock()  # re-entrant: a finaliser may end a span while this thread writes one
        self._tracer: Tracer | None = None
        self._compactor: Compactor | None = None

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    @property
    def tracer(self) -> Tracer:
        """Makes spans; OpenTelemetry is imported here, at the first one."""
        if self._tracer is None:
            from workbench.traces.tracer import Tracer

            with self._lock:
                self._tracer = self._tracer or Tracer(self)
        return self._tracer

    @property
    def compactor(self) -> Compactor:
        """Folds the journal; DuckDB is imported here, at the first fold."""
        if self._compactor is None:
            from workbench.traces.compactor import Compactor
            from workbench.traces.lock import StoreLock

            with self._lock:
                if self._compactor is None:
                    folder = journal_folder(self.path)
                    try:
                        folder.mkdir(parents=True, exist_ok=True)
                    except OSError as error:
                        raise StoreError(
                            f"The trace store cannot be written: {str(self.path)!r} ({error.strerror or error}).",
                            hint="choose a file in a folder that you can write: WORKBENCH_STORE=/path/to/traces.duckdb",
                        ) from error
                    self._compactor = Compactor(self.path, StoreLock(folder))
        return self._compactor

    def append(self, record: Mapping[str, Any]) -> None:
        """Writes one record to the journal, without keys."""
        self.journal.ready()
        self._write(self._writer.line(record))

    def append_start(self, row: Mapping[str, Any]) -> None:
        """Writes that a span has begun; less careful, because its end will say all of it again."""
        self._write(self._writer.line({"start": row}))

    def append_span(self, opened: OpenSpan) -> None:
        """Writes an ended span with its messages, attempts and links."""
        parts: dict[str, Any] = {"span": opened.row}
        if opened.attempts:
            parts["attempts"] = opened.attempts
        if opened.reads:
            parts["reads"] = opened.reads
        with self._writing:  # the next line leaves out what this one brings

            def line(segment: int) -> bytes:
                return self._writer.span_line(parts, opened.messages, segment)

            self._write(line(self.journal.ready()), line)

    def health(self) -> Health:
        """Whether all that this process traced is written, and what is kept in memory or lost."""
        return self.journal.health

    def fold(self, timeout_seconds: float = _WAIT_SECONDS) -> Folded:
        """Brings what is journalled, by this process and others, into the file.

        Raises:
            StoreError: the store stayed busy, or its file cannot be opened or is newer than this workbench.
        """
        return self.compactor.fold(timeout_seconds)

    def query(self, sql: str, timeout_seconds: float = _WAIT_SECONDS, /, **parameters: Any) -> pl.DataFrame:
        """Answers SQL, after a fold, so that all that this process wrote is seen.

        Raises:
            StoreError: the SQL is wrong or would write, or the store stayed busy.
        """
        import duckdb

        from workbench.traces.sql import read

        self.journal.flush()
        compactor = self.compactor
        for _ in range(2):
            if not compactor.is_current():
                compactor.fold(timeout_seconds)
            try:
                with compactor.lock.shared(timeout_seconds):
                    return read(self.path, sql, parameters)
            except duckdb.Error as error:
                reason = str(error).split("\n")[0]
            compactor.mend(reason, timeout_seconds)
        raise StoreError(f"The store {str(self.path)!r} stays damaged after it was rebuilt.", hint="check the disk")

    def close(self) -> None:
        """Seals this process's journal; what is in it stays for the next fold."""
        self.journal.close()

    def end_process(self) -> None:
        """At the end of the process: seals the journal and folds it, if that takes less than 3 seconds."""
        if self.journal.is_empty:
            return
        self.journal.close()
        try:
            self.compactor.fold(timeout_seconds=1.0, budget_seconds=_EXIT_SECONDS)
        except (StoreError, OSError):
            return  # whoever comes next folds it, or says what is wrong

    def leave_to_parent(self) -> None:
        """In a forked child: locks that another thread of the parent may have held begin anew."""
        self._lock, self._writing = threading.RLock(), threading.RLock()
        self._writer = Writer()

    def _write(self, line: bytes, again: Callable[[int], bytes] | None = None) -> None:
        if self.journal.append(line, again):
            threading.Thread(target=self._fold_quietly, name="workbench-fold").start()

    def _fold_quietly(self) -> None:
        try:
            self.compactor.fold(0.0)
        except StoreError:
            return  # someone else folds, or the next question will say what is wrong


def _require_store(path: Path) -> None:
    """Refuses a file that is something else: it must not be taken for a damaged store and moved.

    Raises:
        StoreError: the path is a folder, or a file that is no DuckDB database and has no journal beside it.
    """
    if path.is_dir():
        hint = f"workbench.traces.use({str(path / 'traces.duckdb')!r})"
        raise StoreError(f"The store {str(path)!r} is a folder; a store is one file.", hint=hint)
    if not path.is_file() or journal_folder(path).is_dir():
        return
    with path.open("rb") as file:
        head = file.read(12)
    if head and head[8:] != _MAGIC:
        raise StoreError(
            f"The file {str(path)!r} is no DuckDB database, so it can be no trace store.",
            hint="name a new file, such as traces.duckdb",
        )


class _Current:
    """Which store this process writes to."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.store: Store | None = None
        self.opened: list[Store] = []

    def make(self, path: Path) -> Store:
        """This path's store, the same one as before where there was one."""
        for known in self.opened:
            if known.path == path:
                return known
        made = Store(path)
        self.opened.append(made)
        return made


_current: Final = _Current()


def use(path: str | Path) -> Store:
    """Makes the store in this `.duckdb` file the process's own; spans that are open stay with theirs.

    Raises:
        StoreError: the file cannot be written, is newer than this workbench, or is no store.
    """
    given = Path(path).expanduser().absolute()
    with _current.lock:
        chosen = _current.make(given)
        if given.exists():
            chosen.query("SELECT 1")
        chosen.journal.begin()
        _current.store = chosen
        return chosen


def store() -> Store:
    """The process's store: the last one given to `use`, else WORKBENCH_STORE, else the project folder's.

    The project folder is the nearest one upwards with `.git`, `pyproject.toml` or `.workbench`, else the working
    folder; its store is `.workbench/traces.duckdb`.
    """
    if _current.store is None:
        with _current.lock:
            if _current.store is None:
                path = default_path()
                _keep_out_of_git(path.parent)
                _current.store = _current.make(path)
    return _current.store


def default_path(folder: Path | None = None) -> Path:
    """Where the store of work in this folder lies when nobody says; the working folder's where none is given."""
    here = Path.cwd() if folder is None else folder.absolute()
    if named := os.environ.get("WORKBENCH_STORE"):
        return here / Path(named).expanduser()
    marks = (".git", "pyproject.toml", ".workbench")
    project = next((place for place in (here, *here.parents) if any((place / mark).exists() for mark in marks)), here)
    return project / ".workbench" / "traces.duckdb"


def _keep_out_of_git(folder: Path) -> None:
    """Traces hold prompts and answers; nobody should commit them unawares."""
    if folder.name == ".workbench" and not folder.exists():
        try:
            folder.mkdir()
            (folder / ".gitignore").write_text("*\n")
        except OSError:
            return  # the journal says it, in words


@atexit.register
def _close_all() -> None:
    for opened in _current.opened:
        opened.end_process()


def _leave_to_parent() -> None:
    _current.lock = threading.RLock()
    for opened in _current.opened:
        opened.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
