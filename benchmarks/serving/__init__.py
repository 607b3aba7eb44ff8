"""A server in a process of its own, for as long as a benchmark asks it; only the standard library is needed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

__all__ = ["free_port", "served"]

_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 0.2


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def served(
    command: Sequence[str],
    address: str,
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[None]:
    """Starts a server, waits until it answers, and ends it with all that it started.

    Args:
        command: the program and its arguments.
        address: what answers as soon as the server is ready.
        log: a file for what it writes.
        environment: its variables; this process's own by default.
        folder: where it runs.

    Raises:
        RuntimeError: it ended, or does not answer within five minutes.
    """
    with log.open("wb") as written:
        server = subprocess.Popen(
            command, stdout=written, stderr=written, env=environment, cwd=folder, start_new_session=True
        )
    try:
        _wait(server, address, log)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(address, timeout=5).read()
            return
        time.sleep(_PAUSE_SECONDS)
    raise RuntimeError(f"The server does not answer: {log.read_text(errors='replace')[-2000:]}")
