"""Calls of the Linux kernel that Python has no function for."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

__all__ = ["drop_privileges", "forbid_new_privileges", "linux_call", "prctl"]

_PR_SET_DUMPABLE: Final = 4
_PR_CAPBSET_DROP: Final = 24
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION_3: Final = 0x20080522


def linux_call(call: str | int, *arguments: int | bytes | None) -> int:
    """Calls a function of the C library by its name, or the kernel by a system call's number.

    Raises:
        OSError: what the kernel answered.
    """
    library = ctypes.CDLL(None, use_errno=True)
    given = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    if isinstance(call, int):
        function, given = library.syscall, [ctypes.c_long(call), *given]
    else:
        function = getattr(library, call)
    function.restype = ctypes.c_long if isinstance(call, int) else ctypes.c_int
    result = int(function(*given))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result


def prctl(option: int, *arguments: int | bytes) -> int:
    """Sets or asks an attribute of this process.

    Raises:
        OSError: what the kernel answered.
    """
    filled = (*arguments, 0, 0, 0, 0)[:4]
    return linux_call("prctl", option, *filled)


def forbid_new_privileges() -> None:
    """No program that this process starts can have more rights than it, and nobody can trace it or read its memory."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    prctl(_PR_SET_DUMPABLE, 0)


def drop_privileges() -> None:
    """Gives up every capability, for good."""
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    for capability in range(64):
        try:
            prctl(_PR_CAPBSET_DROP, capability)
        except OSError:  # beyond the last one, or not ours to drop: `forbid_new_privileges` covers that
            break
    linux_call("capset", struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(24))
