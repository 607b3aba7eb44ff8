"""The journal: what a call waits for is one line appended to this process's own file."""

from __future__ import annotations

import os
import secrets
import threading
import time
import warnings
import weakref
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from workbench.errors import StoreError
from workbench.traces.encoding import dumps
from workbench.traces.lock import Hold
from workbench.traces.schema import SCHEMA_URL, SCHEMA_VERSION
from workbench.traces.segment import lock_path

__all__ = ["Journal", "StoreWarning"]

SEGMENT_BYTES: Final = 16 << 20
_KEPT_RECORDS: Final = 10_000

_journals: Final[weakref.WeakSet[Journal]] = weakref.WeakSet()


class StoreWarning(UserWarning):
    """Something about the store that a person should know and that stops nothing."""


class Journal:
    """Appends records to segments in `folder`; threads share it, a forked child starts a session of its own.

    A record is in the operating system's hands when `append` returns: killing the process loses nothing. The file is
    synced to the disk when the journal is closed; what was folded is synced by the fold.

    Args:
        folder: made at the first append.
        segment_bytes: a segment this long is sealed and the next one begun.
    """

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self.segment_bytes = segment_bytes
        self.lost = 0
        self._lock = threading.RLock()  # re-entrant: a finaliser may end a span while this thread appends
        self._kept: deque[bytes] = deque()
        self._descriptor = -1
        self._hold: Hold | None = None
        self._session = ""
        self._number = 0  # of the segment in the session
        self._segment = 0  # of the segment in this process
        self._size = 0
        self._mended = True
        _journals.add(self)

    @property
    def session(self) -> str:
        """The name of this process's session; it begins here if it has not."""
        if not self._session:
            self.begin()
        return self._session

    @property
    def is_empty(self) -> bool:
        """Whether this process has written nothing."""
        return not self._session

    def begin(self) -> None:
        """Begins the session, if it has not begun.

        Raises:
            StoreError: its folder cannot be written.
        """
        with self._lock:
            if not self._session:
                self._begin()

    def ready(self) -> int:
        """Makes sure that there is a segment to append to, and returns its number in this process.

        Raises:
            StoreError: the journal cannot be begun.
        """
        with self._lock:
            if self._descriptor < 0:
                self._begin()
            elif not os.fstat(self._descriptor).st_nlink:  # the file was deleted under us: begin another
                self._seal()
                self._begin()
            return self._segment

    def append(self, line: bytes) -> bool:
        """Writes one record, which is `line` without its newline.

        A record that cannot be written (a full disk) is said once, kept in memory and tried again with the next one.

        Returns:
            Whether the segment was sealed, so that there is something to fold.

        Raises:
            StoreError: the journal cannot be begun.
        """
        with self._lock:
            self.ready()
            while self._kept:
                if not self._write(self._kept[0]):
                    break
                self._kept.popleft()
            if self._kept or not self._write(line + b"\n"):
                self._keep(line + b"\n")
                return False
            if self._size < self.segment_bytes:
                return False
            self._seal()
            self._open_segment()
            return True

    def close(self) -> None:
        """Seals the segment and ends the session; a later append begins another session."""
        with self._lock:
            if self._descriptor >= 0:
                while self._kept and self._write(self._kept[0]):
                    self._kept.popleft()
                if self._kept:
                    self.lost += len(self._kept)
                    warnings.warn(f"{len(self._kept)} records could not be written.", StoreWarning, stacklevel=2)
                self._sync()
                self._seal()
            if self._hold is not None:
                self._hold.free()
            self._forget()

    def _begin(self) -> None:
        session = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._number = 0
            self._hold = Hold(lock_path(self.folder, session))
            self._session = session
            self._open_segment()
        except OSError as error:
            self._forget()
            raise StoreError(
                f"The trace store cannot be written: {str(self.folder)!r} ({error.strerror or error}).",
                hint="choose a file in a folder that you can write: WORKBENCH_STORE=/path/to/traces.duckdb, "
                "or workbench.traces.use('/path/to/traces.duckdb')",
            ) from error

    def _open_segment(self) -> None:
        self._number += 1
        self._segment += 1
        path = self.folder / f"{self._session}.{self._number:06d}.jsonl"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, flags, 0o666)
        self._size, self._mended = 0, True
        header = {"version": SCHEMA_VERSION, "session": self._session, "pid": os.getpid(), "schema_url": SCHEMA_URL}
        self._write(dumps({"segment": header | {"begun_at": time.time()}}).encode() + b"\n")

    def _write(self, line: bytes) -> bool:
        """One whole line; after a line that was cut short, the next begins on a line of its own."""
        mended, written = self._mended, 0
        given = line if mended else b"\n" + line
        self._mended = False
        try:
            while written < len(given):
                written += os.write(self._descriptor, given[written:] if written else given)
        except OSError as error:
            self._mended = mended and not written
            self._size += written
            if not self._kept:
                warnings.warn(
                    f"A trace record could not be written ({error.strerror}). It is kept in memory and tried again.",
                    StoreWarning,
                    stacklevel=2,
                )
            return False
        self._size += written
        self._mended = True
        return True

    def _keep(self, line: bytes) -> None:
        self._kept.append(line)
        if len(self._kept) > _KEPT_RECORDS:
            self._kept.popleft()
            self.lost += 1
            self._segment += 1  # what follows must not rely on what is lost

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            warnings.warn(f"The journal could not be synced to the disk: {error}.", StoreWarning, stacklevel=3)

    def _seal(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

    def _forget(self) -> None:
        self._hold, self._session, self._descriptor, self._number = None, "", -1, 0
        self._kept.clear()

    def leave_to_parent(self) -> None:
        """In a forked child: closes the parent's file without sealing it, and begins afresh at the next append."""
        self._lock = threading.RLock()  # another thread of the parent may have held the old one
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._forget()


def _leave_to_parent() -> None:
    for journal in _journals:
        journal.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
