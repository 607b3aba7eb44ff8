"""The inside of an isolated run: confine this process as asked, then run the program.

It is started in a fresh interpreter, reads its request from the standard input, and reports on a pipe: one line that
says how far it was confined, written before the program begins; then what the program came to, in the program's words.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Mapping
from typing import Any, Final

from workbench.tools.isolation.landlock import landlock_version, restrict_files
from workbench.tools.isolation.linux import drop_privileges, forbid_new_privileges
from workbench.tools.isolation.namespaces import die_with_parent, enter_namespaces
from workbench.tools.isolation.program import run_program
from workbench.tools.isolation.seccomp import install_filter

__all__ = ["main"]

_OWN: Final = "workbench"


def main(report: int) -> None:
    """Runs the request on the standard input; never returns.

    Args:
        report: the pipe to report on.
    """
    request: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    try:
        _leave_descriptors(report)
        confined = _confine(request)
    except (OSError, ValueError) as error:
        _tell(report, {"refused": str(error)})
        os._exit(1)
    sys.path += request["packages"]
    for name in [name for name in sys.modules if name.partition(".")[0] == _OWN]:
        del sys.modules[name]
    _tell(report, confined)
    _tell(report, run_program(request))
    os._exit(0)  # threads that still run, and what waits for the end of the program, are not waited for


def _leave_descriptors(report: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.closerange(3, report)
    os.closerange(report + 1, 65536)


def _confine(request: Mapping[str, Any]) -> dict[str, Any]:
    level, limits = request["level"], request["limits"]
    if sys.platform == "linux":
        die_with_parent()
        if os.getppid() != request["parent"]:
            raise OSError("the process that asked has ended")
    if level == "strict":
        enter_namespaces(request["folder"], request["readable"], limits["folder_bytes"])
        os.environ.update(HOME="/tmp", TMPDIR="/tmp")  # noqa: S108 the new root's own
    unset = _limit(level, limits)
    if level != "process":
        drop_privileges()
        if level == "strict":
            die_with_parent()
        forbid_new_privileges()
        if level == "confined" or landlock_version() >= 3:
            writable = ["/tmp" if level == "strict" else request["folder"]]  # noqa: S108 the new root's own
            restrict_files(filter(os.path.exists, [*request["readable"], os.devnull]), writable)
        install_filter(may_mark=level == "strict")
    elif sys.platform == "linux":
        forbid_new_privileges()
    os.umask(0o077)
    return {"level": level, "unset": unset}


def _limit(level: str, limits: Mapping[str, int]) -> list[str]:
    """Sets the kernel's limits; returns the names of those that this system does not take."""
    # RLIMIT_NPROC counts all processes of a user, but inside a user namespace only those in it
    threads = {"strict": limits["threads"], "process": 0}.get(level)
    wanted = {
        "memory": (resource.RLIMIT_AS, limits["memory_bytes"]),
        "CPU time": (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        "file size": (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        "open files": (resource.RLIMIT_NOFILE, 64),
        "core dumps": (resource.RLIMIT_CORE, 0),
    }
    if threads is not None:
        wanted["processes"] = (resource.RLIMIT_NPROC, threads)
    unset: list[str] = []
    for name, (kind, value) in wanted.items():
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):
            unset.append(name)
    if level == "process" and os.getuid() == 0:
        unset.append("processes")  # the kernel does not count those of root
    return unset


def _tell(report: int, body: Mapping[str, Any]) -> None:
    rest = json.dumps(body).encode() + b"\n"
    while rest:
        rest = rest[os.write(report, rest) :]
