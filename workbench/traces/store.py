"""The store: one DuckDB file and its journal, and which one this process writes to."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from workbench.errors import StoreError
from workbench.traces.folding import Folding
from workbench.traces.health import Health
from workbench.traces.journal import Journal
from workbench.traces.place import default_content, default_path, default_sample, keep_out_of_git, require_store
from workbench.traces.sampling import Sampler
from workbench.traces.segment import journal_folder
from workbench.traces.waiting import whole
from workbench.traces.writer import Writer

if TYPE_CHECKING:
    import polars as pl

    from workbench.traces.compactor import Compactor, Folded
    from workbench.traces.span import OpenSpan
    from workbench.traces.sql import Reader
    from workbench.traces.tracer import Tracer

__all__ = ["Store", "adopt", "default_path", "store", "use"]

Result = TypeVar("Result")

_WAIT_SECONDS: Final = 30.0
_EXIT_SECONDS: Final = 3.0
_MUCH: Final = 1 << 20  # bytes to fold that are worth the start of a process


class Store:
    """Where traces go: records are appended to a journal beside the file, and folded into it when someone asks.

    Args:
        path: the DuckDB file; made when it is first folded into.
        sample: the share of traces that are kept; None keeps all.
        content: whether spans keep what was asked and answered, where no block of `traces.content` says.

    Raises:
        StoreError: the path is a folder, or a file of another kind.
        OptionError: `sample` is no share.

    Attributes:
        path: as given, absolute.
        journal: this process's own part.
        sampler: decides which spans are written.
        captures_content: `content`, as given.
    """

    def __init__(self, path: str | Path, *, sample: float | None = None, content: bool = True) -> None:
        self.path = Path(path).expanduser().absolute()
        require_store(self.path)
        self.journal = Journal(journal_folder(self.path))
        self._writer = Writer()
        self._lock = threading.RLock()
        self._writing = threading.RLock()  # re-entrant: a finaliser may end a span while this thread writes one
        self.captures_content = content
        self.sampler = Sampler(self.append_start, self.append_span, sample)
        self._folding = Folding(self.path)
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
                            kind="unreadable",
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
        return whole(partial(self.compactor.fold, timeout_seconds))

    def query(self, sql: str, timeout_seconds: float = _WAIT_SECONDS, /, **parameters: Any) -> pl.DataFrame:
        """Answers SQL, after a fold, so that all that this process wrote is seen.

        Raises:
            StoreError: the SQL is wrong or would write, or the store stayed busy.
        """
        return self.read(lambda reader: reader.query(sql, **parameters), timeout_seconds)

    def read(self, work: Callable[[Reader], Result], timeout_seconds: float = _WAIT_SECONDS) -> Result:
        """Asks several questions of one state of the store, which is opened once for them.

        Args:
            work: asks them, while nothing is folded; called again where the file was damaged and has been rebuilt.
            timeout_seconds: how long to wait for a busy store.

        Returns:
            What `work` returns.

        Raises:
            StoreError: a question is wrong or would write, or the store stayed busy.
        """
        import duckdb

        from workbench.traces.sql import Reader

        self.journal.flush()
        compactor = self.compactor
        is_folded = compactor.is_current()
        for _ in range(3):
            reason = ""
            try:
                if is_folded or self.path.exists():
                    with compactor.lock.shared(timeout_seconds), Reader(self.path) as reader:
                        if is_folded or compactor.has_all(reader.connection):
                            return work(reader)
            except duckdb.Error as error:
                reason = str(error).split("\n")[0]
            whole(partial(compactor.mend, reason, timeout_seconds)) if reason else self.fold(timeout_seconds)
            is_folded = True
        raise StoreError(f"The store {str(self.path)!r} stays damaged after it was rebuilt.", hint="check the disk")

    def close(self) -> None:
        """Seals this process's journal; what is in it stays for the next fold."""
        self.sampler.release()
        self.journal.close()
        self._folding.wait(_EXIT_SECONDS)

    def end_process(self) -> None:
        """At the end of the process: seals the journal and folds it, if that takes less than 3 seconds."""
        if self.journal.is_empty:
            return
        self.close()
        try:
            self.compactor.fold(timeout_seconds=1.0, budget_seconds=_EXIT_SECONDS)
        except (StoreError, OSError):
            return  # whoever comes next folds it, or says what is wrong

    def leave_to_parent(self) -> None:
        """In a forked child: locks that another thread of the parent may have held begin anew."""
        self._lock, self._writing = threading.RLock(), threading.RLock()
        self._writer = Writer()
        self.sampler.leave_to_parent()
        self._folding.leave_to_parent()

    def _write(self, line: bytes, again: Callable[[int], bytes] | None = None) -> None:
        if self.journal.append(line, again):
            threading.Thread(target=self._fold_quietly, name="workbench-fold").start()

    def _fold_quietly(self) -> None:
        if self.journal.segment_bytes >= _MUCH and self._folding.start():
            return
        try:
            self.compactor.fold(0.0)
        except StoreError:
            return  # someone else folds, or the next question will say what is wrong


class _Current:
    """Which store this process writes to."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.store: Store | None = None
        self.opened: list[Store] = []

    def make(self, path: Path, sample: float | None, content: bool | None) -> Store:
        """This path's store, the same one as before where there was one, which now does what is asked for."""
        rate = default_sample() if sample is None else sample
        captures_content = default_content() if content is None else content
        for known in self.opened:
            if known.path == path:
                known.sampler.set_rate(rate)
                known.captures_content = captures_content
                return known
        made = Store(path, sample=rate, content=captures_content)
        self.opened.append(made)
        return made


_current: Final = _Current()


def use(path: str | Path, *, sample: float | None = None, content: bool | None = None) -> Store:
    """Makes the store in this `.duckdb` file the process's own; spans that are open stay with theirs.

    Args:
        path: the file.
        sample: the share of traces to keep, from 0 to 1; WORKBENCH_SAMPLE by default, else all. A trace in which
            something failed is always kept.
        content: False keeps no messages and other content; WORKBENCH_CONTENT by default, else True.

    Raises:
        StoreError: the file cannot be written, is newer than this workbench, or is no store.
        OptionError: `sample` is no share.
    """
    given = Path(path).expanduser().absolute()
    with _current.lock:
        chosen = _current.make(given, sample, content)
        if given.exists():
            chosen.query("SELECT 1")
        chosen.journal.begin()
        _current.store = chosen
        return chosen


def adopt(path: Path, *, sample: float | None, content: bool) -> None:
    """Makes this the process's store, as it is in the process that handed over some work."""
    with _current.lock:
        _current.store = _current.make(path, 1.0 if sample is None else sample, content)


def store() -> Store:
    """The process's store: the last one given to `use`, else WORKBENCH_STORE, else the project folder's.

    The project folder is the nearest one upwards with `.git`, `pyproject.toml` or `.workbench`, else the working
    folder; its store is `.workbench/traces.duckdb`.
    """
    if _current.store is None:
        with _current.lock:
            if _current.store is None:
                path = default_path()
                keep_out_of_git(path.parent)
                _current.store = _current.make(path, None, None)
    return _current.store


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
