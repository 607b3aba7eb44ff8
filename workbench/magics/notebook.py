"""Which notebook and cell a call comes from."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["NotebookName", "cell_id", "cell_number", "notebook_path"]


def notebook_path(shell: InteractiveShell) -> str | None:
    """The notebook's path as the frontend writes it: relative to the Jupyter server's root, with `/`.

    Under a Jupyter server it is taken from JPY_SESSION_NAME, in VS Code from the name that its kernel is given, and
    elsewhere from WORKBENCH_NOTEBOOK. None where nobody says. A notebook that was renamed keeps its old path until
    its kernel restarts, because a running kernel is not told.
    """
    if session := os.environ.get("JPY_SESSION_NAME"):
        return relative_path(session, server_root())
    if path := shell.user_ns.get("__vsc_ipynb_file__"):
        return relative_path(str(path), Path.cwd())
    return os.environ.get("WORKBENCH_NOTEBOOK") or None


class NotebookName:
    """Remembers the path until something that it is made from changes: a call must not wait for a file."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._made_from: tuple[Any, ...] | None = None
        self._path: str | None = None

    def path(self) -> str | None:
        """The notebook's path; see `notebook_path`."""
        environment = [os.environ.get(name) for name in ("JPY_SESSION_NAME", "JPY_PARENT_PID", "WORKBENCH_NOTEBOOK")]
        made_from = (*environment, self._shell.user_ns.get("__vsc_ipynb_file__"))
        if made_from != self._made_from:
            self._path = notebook_path(self._shell)
            self._made_from = made_from
        return self._path


def relative_path(path: str, root: Path | None) -> str:
    """The path under this root with `/`; where it is not under it, relative to the working folder or as it is."""
    given = Path(path)
    for folder in (root, Path.cwd()):
        if folder is None or not given.is_absolute():
            continue
        for one, other in ((given, folder), (given.resolve(), folder.resolve())):
            if one.is_relative_to(other):
                return one.relative_to(other).as_posix()
    return PurePath(path).as_posix()


def server_root() -> Path | None:
    """The root folder of the Jupyter server that started this kernel, from the server's own runtime file."""
    parent = os.environ.get("JPY_PARENT_PID", "")
    if not parent.isdigit():
        return None
    from jupyter_core.paths import jupyter_runtime_dir  # a kernel has it loaded, a plain IPython does not

    try:
        described = json.loads((Path(jupyter_runtime_dir()) / f"jpserver-{parent}.json").read_text("utf-8"))
        return Path(described["root_dir"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # another launcher, or one that keeps its files elsewhere


def cell_id(shell: InteractiveShell) -> str | None:
    """The id of the cell that is running, where the frontend sends it."""
    kernel: Any = getattr(shell, "kernel", None)
    if kernel is None:
        return None
    metadata = (kernel.get_parent("shell") or {}).get("metadata") or {}
    given = metadata.get("cellId")
    return given if isinstance(given, str) else None


def cell_number(shell: InteractiveShell) -> int:
    """The number of the cell that is running, as in `In [3]`; IPython 9 counts on before it runs a cell."""
    return shell.displayhook.prompt_count
