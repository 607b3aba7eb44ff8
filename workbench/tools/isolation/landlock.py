"""Landlock: which files this process may open from now on. It needs no privileges and no namespaces.

It governs opening, making, renaming and removing. Whether a file exists, its size and its times can still be asked.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Iterable
from typing import Final

from workbench.tools.isolation.linux import linux_call

__all__ = ["landlock_version", "restrict_files"]

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_PATH_BENEATH: Final = 1
_VERSION: Final = 1

_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_FOLDER: Final = 1 << 3
_TRUNCATE: Final = 1 << 14
_ALL_FILES: Final = {3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}  # version -> every right it knows
_OWN_FOLDER: Final = (  # remove, and make folders, files, pipes and links, and move them
    _WRITE_FILE
    | _READ_FILE
    | _READ_FOLDER
    | _TRUNCATE
    | 1 << 4
    | 1 << 5
    | 1 << 7
    | 1 << 8
    | 1 << 10
    | 1 << 12
    | 1 << 13
)
_ALL_TCP: Final = 0b11  # bind and connect; since version 4
_ALL_SCOPES: Final = 0b11  # abstract sockets and signals of others; since version 6


def landlock_version() -> int:
    """The version of the kernel's Landlock; 0 where it has none, or has it switched off."""
    try:
        return linux_call(_CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def restrict_files(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Lets this thread, and those that it starts, open only what lies below these paths.

    Raises:
        OSError: Landlock is missing, or older than version 3 (Linux 6.2), which could not keep files from being cut.
    """
    version = landlock_version()
    if version < 3:
        raise OSError(errno.ENOSYS, f"Landlock of version 3 (Linux 6.2) is needed; this kernel has version {version}")
    body = struct.pack("=Q", _ALL_FILES.get(version, _ALL_FILES[5]))
    if version >= 4:
        body += struct.pack("=Q", _ALL_TCP)
    if version >= 6:
        body += struct.pack("=Q", _ALL_SCOPES)
    rules = linux_call(_CREATE_RULESET, body, len(body), 0)
    try:
        for path in readable:
            _allow(rules, path, _READ_FILE | _READ_FOLDER)
        for path in writable:
            _allow(rules, path, _OWN_FOLDER)
        linux_call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
        linux_call(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)
