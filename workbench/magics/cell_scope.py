"""Every call made while a cell runs is tagged with its notebook and cell, also those that Python code makes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from workbench import traces
from workbench.magics.notebook import NotebookName, cell_id, cell_number

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["CellScope"]


class CellScope:
    """Opens a scope before each cell and closes it after."""

    def __init__(self, shell: InteractiveShell, notebook: NotebookName) -> None:
        self._shell = shell
        self._notebook = notebook
        self._opened: ExitStack | None = None
        self._events: Any = shell.events
        self._events.register("pre_run_cell", self.enter)
        self._events.register("post_run_cell", self.leave)

    def enter(self, info: Any) -> None:
        """Tags what follows; IPython calls it before a cell."""
        self.leave(None)
        self._opened = ExitStack()
        self._opened.enter_context(
            traces.scope(
                notebook=self._notebook.path(),
                cell_id=cell_id(self._shell) or getattr(info, "cell_id", None),
                execution_count=cell_number(self._shell),
            )
        )

    def leave(self, result: Any) -> None:
        """Ends the cell's tags; IPython calls it after a cell."""
        opened, self._opened = self._opened, None
        if opened is None:
            return
        try:
            opened.close()
        except ValueError:
            return  # the cell ran in a context of its own, which has gone with its tags

    def close(self) -> None:
        """Tags no further cells."""
        self.leave(None)
        self._events.unregister("pre_run_cell", self.enter)
        self._events.unregister("post_run_cell", self.leave)
