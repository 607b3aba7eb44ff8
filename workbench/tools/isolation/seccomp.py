"""A seccomp filter: which system calls this process may make from now on, whoever it thinks it is.

The filter is a list of what is allowed. It lets one process with its threads compute and use files; it lets no other
process be made, no program be started, no socket be opened and no signal be sent to anybody else.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import Final

from workbench.tools.isolation.linux import prctl
from workbench.tools.isolation.syscalls import ALLOWED, ARCHITECTURES, EXAMINED, MARKING, numbers

__all__ = ["filter_program", "install_filter"]

# classic BPF over struct seccomp_data { int nr; u32 arch; u64 instruction_pointer; u64 args[6]; }
_LOAD: Final = 0x20
_EQUAL: Final = 0x15
_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06
_NUMBER: Final = 0
_MACHINE: Final = 4

_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
_ABSENT: Final = 0x00050000 | errno.ENOSYS
_UNSUPPORTED: Final = 0x00050000 | errno.EOPNOTSUPP
_KILL: Final = 0x80000000

_CLONE_THREAD: Final = 0x00010000
_CLONE_NEW: Final = 0x7E020080  # every CLONE_NEW*
_SETTING_OWNER: Final = (8, 10, 15, 1026, 1031)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY, F_SETPIPE_SZ
_NAMING: Final = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA
_ASKING: Final = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIO[N]CLEX

_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2

Instruction = tuple[int, int, int, int]


def _load(offset: int) -> Instruction:
    return (_LOAD, 0, 0, offset)


def _argument(index: int, *, high: bool = False) -> Instruction:
    return _load(16 + 8 * index + (4 if high else 0))  # both architectures are little-endian


def _if(code: int, value: int, outcome: int) -> list[Instruction]:
    """Ends with the outcome where the loaded word compares so."""
    return [(code, 0, 1, value), (_RETURN, 0, 0, outcome)]


def filter_program(machine: str, process_id: int, *, may_mark: bool) -> bytes:
    """The filter as the kernel reads it.

    Args:
        machine: as `os.uname` names it.
        process_id: the process itself, the only one that it may signal.
        may_mark: whether modes and times of files may be changed.

    Raises:
        OSError: an architecture whose numbers are not known here.
    """
    if machine not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no system call numbers are known for {machine!r}")
    audit, column = ARCHITECTURES[machine]
    allowed = numbers(ALLOWED, column) | (numbers(MARKING, column) if may_mark else {})
    program = [_load(_MACHINE), (_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _KILL), _load(_NUMBER)]
    for number in sorted(allowed.values()):
        program += _if(_EQUAL, number, _ALLOW)
    for name, number in numbers(EXAMINED, column).items():
        body = _examined(name, process_id)
        program += [(_EQUAL, 0, len(body), number), *body]
    program.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _examined(name: str, process_id: int) -> list[Instruction]:
    """The part for a call whose arguments decide; it always ends with an outcome."""
    refuse = (_RETURN, 0, 0, _REFUSE)
    match name:
        case "clone":  # threads, and no process
            return [
                _argument(0),
                *_if(_ANY_BIT, _CLONE_NEW, _REFUSE),
                *_if(_ANY_BIT, _CLONE_THREAD, _ALLOW),
                refuse,
            ]
        case "clone3":  # its flags lie in memory, which a filter cannot read; the C library then takes clone
            return [(_RETURN, 0, 0, _ABSENT)]
        case _ if name.endswith("xattr"):  # as on a file system that has none, so that copying a file goes on
            return [(_RETURN, 0, 0, _UNSUPPORTED)]
        case "fcntl":
            tests = [step for command in _SETTING_OWNER for step in _if(_EQUAL, command, _REFUSE)]
            return [_argument(1), *tests, (_RETURN, 0, 0, _ALLOW)]
        case "sendto":  # to a connected peer: no address
            return [
                _argument(4),
                (_EQUAL, 1, 0, 0),
                refuse,
                _argument(4, high=True),
                *_if(_EQUAL, 0, _ALLOW),
                refuse,
            ]
        case "prctl":
            index, values = 0, _NAMING
        case "ioctl":
            index, values = 1, _ASKING
        case "kill" | "tgkill":
            index, values = 0, (process_id,)
        case "prlimit64":
            index, values = 0, (0, process_id)
        case "socketpair":  # AF_UNIX, which asyncio wakes itself with
            index, values = 0, (1,)
        case _:
            return [refuse]
    return [_argument(index), *(step for value in values for step in _if(_EQUAL, value, _ALLOW)), refuse]


def install_filter(*, may_mark: bool) -> None:
    """Installs the filter for this thread, and for those that it starts. The process must have no other threads, and
    can gain no privileges any more.

    Raises:
        OSError: the kernel or the architecture has no seccomp filters.
    """
    program = filter_program(os.uname().machine, os.getpid(), may_mark=may_mark)
    memory = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(memory))  # struct sock_fprog
    prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header)
