"""What an isolated program may read: Python's own library and the system's shared libraries."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

__all__ = ["library_paths", "package_paths"]

_SYSTEM = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
)


def library_paths() -> list[str]:
    """Absolute paths that exist: the standard library, its extension modules, and shared libraries."""
    own = [
        str(Path(os.__file__).parent),
        sysconfig.get_config_var("DESTSHARED"),
        *(path for path in sys.path if path.endswith(".zip")),
        *(f"{prefix}/lib" for prefix in {sys.base_prefix, sys.base_exec_prefix} if prefix not in ("/", "/usr")),
    ]
    return _real([*own, *_SYSTEM])


def package_paths() -> list[str]:
    """The folders of installed packages."""
    return _real([path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")])


def _real(paths: list[str]) -> list[str]:
    return list(dict.fromkeys(path for path in paths if path and Path(path).is_absolute() and os.access(path, os.R_OK)))
