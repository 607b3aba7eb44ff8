"""Namespaces: a process that sees no other process, no network, and a file system of its own.

Its root holds Python and the system's libraries, read-only, an empty `/tmp` in memory and nothing else: no `/proc`, no
`/sys`, no home folder. Where root asks, the process becomes nobody.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from workbench.tools.isolation.linux import linux_call, prctl

__all__ = ["die_with_parent", "enter_namespaces"]

# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_APART: Final = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_MNT_DETACH: Final = 2
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}
_MOUNT_SETATTR: Final = 442
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_READ_ONLY: Final = 1 | 2 | 4  # MOUNT_ATTR_RDONLY, NOSUID, NODEV
_NOBODY: Final = 65534
_FOLDER: Final = "tmp"
_PR_SET_PDEATHSIG: Final = 1


def die_with_parent() -> None:
    """The kernel kills this process when the one that started it ends; a change of identity makes it forget that."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def enter_namespaces(root: str, readable: Sequence[str], folder_bytes: int) -> None:
    """Goes on in a new process inside new namespaces; the process that called waits for it, and ends as it ends.

    Args:
        root: an empty folder to build the new root on; outside, it stays empty.
        readable: absolute paths that the new root has too, read-only.
        folder_bytes: how much fits into `/tmp`, the working folder.

    Raises:
        OSError: the kernel refuses one of the steps, in the one process or in the other.
    """
    is_root = os.getuid() == 0
    user, group = (_NOBODY, _NOBODY) if is_root else (os.getuid(), os.getgid())
    _unshare(user, group)
    outer, inner = os.pipe()  # closed by the kernel when the outer process ends
    process = os.fork()
    if process:
        os.close(outer)
        _end_like(process)
    os.close(inner)
    die_with_parent()
    _build(root, readable, folder_bytes, f"uid={user},gid={group},mode=700")
    if is_root:
        os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    die_with_parent()
    os.set_blocking(outer, False)
    with contextlib.suppress(BlockingIOError):
        os.read(outer, 1)  # it ended before the kernel was told
        os._exit(1)
    os.close(outer)


def _unshare(user: int, group: int) -> None:
    """Leaves the namespaces; a helper that stays writes which identities the new ones have."""
    ready, tell = os.pipe()
    helper = os.fork()
    if not helper:
        os.close(tell)
        status = 1
        try:
            if os.read(ready, 1):
                _map_identities(os.getppid(), user, group)
                status = 0
        finally:
            os._exit(status)
    os.close(ready)
    try:
        linux_call("unshare", _APART)
        os.write(tell, b"1")
    finally:
        os.close(tell)
        _, status = os.waitpid(helper, 0)
    if status:
        raise PermissionError("the identities of the new user namespace could not be set")


def _map_identities(process: int, user: int, group: int) -> None:
    folder = f"/proc/{process}"
    is_root = os.getuid() == 0
    if not is_root:
        _write(f"{folder}/setgroups", "deny")
    for name, identity in (("gid_map", group), ("uid_map", user)):
        _write(f"{folder}/{name}", f"0 0 1\n{identity} {identity} 1\n" if is_root else f"{identity} {identity} 1\n")


def _write(path: str, text: str) -> None:
    place = os.open(path, os.O_WRONLY)
    try:
        os.write(place, text.encode())
    finally:
        os.close(place)


def _end_like(process: int) -> None:
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1)


def _build(root: str, readable: Sequence[str], folder_bytes: int, owner: str) -> None:
    os.umask(0o022)  # what is made here is for nobody to pass through
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE, None)
    _mount("tmpfs", root, "tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "size=1m,mode=755")
    (Path(root) / _FOLDER).mkdir()
    _mount(
        "tmpfs",
        f"{root}/{_FOLDER}",
        "tmpfs",
        _MS_NOSUID | _MS_NODEV | _MS_NOEXEC,
        f"size={folder_bytes},nr_inodes=4096,{owner}",
    )
    for path in _outermost(readable):
        _show(root, path)
    _show(root, "/dev/null")
    (Path(root) / "old").mkdir()
    linux_call(_PIVOT_ROOT[os.uname().machine], root.encode(), f"{root}/old".encode())
    os.chdir("/")
    linux_call("umount2", b"/old", _MNT_DETACH)
    Path("/old").rmdir()
    _make_read_only("/", 0)
    os.chdir(f"/{_FOLDER}")


def _outermost(paths: Sequence[str]) -> list[str]:
    """The paths that exist and lie below no other one."""
    found: list[str] = []
    for path in sorted(set(map(os.path.normpath, paths))):
        if os.access(path, os.R_OK) and not any(path.startswith(f"{other}/") for other in found):
            found.append(path)
    return found


def _show(root: str, path: str) -> None:
    place = root + path
    if Path(path).is_dir():
        Path(place).mkdir(parents=True, exist_ok=True)
    else:
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        Path(place).touch()
    _mount(path, place, None, _MS_BIND | _MS_REC, None)
    if path != "/dev/null":  # a device that cannot be opened would be no use
        _make_read_only(place, _AT_RECURSIVE)


def _mount(source: str, place: str, kind: str | None, flags: int, options: str | None) -> None:
    linux_call(
        "mount",
        source.encode(),
        place.encode(),
        None if kind is None else kind.encode(),
        flags,
        None if options is None else options.encode(),
    )


def _make_read_only(place: str, flags: int) -> None:
    attributes = struct.pack("=4Q", _READ_ONLY, 0, 0, 0)
    linux_call(_MOUNT_SETATTR, _AT_FDCWD, place.encode(), flags, attributes, len(attributes))
