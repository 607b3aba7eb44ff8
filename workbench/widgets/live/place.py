"""Where a front end can put a live view in the place of a saved one."""

from __future__ import annotations

import html
import sys
from collections.abc import Callable
from typing import Any

from workbench.widgets.live.names import new_name
from workbench.widgets.live.trace_tables import TraceTables

__all__ = ["live_place"]


def live_place(tables: TraceTables, still: str) -> tuple[str, Callable[[], Any]]:
    """The HTML to show, and what is to be called then: it makes the view live, and gives what is to be shown after it.

    In a kernel the HTML stands in an element with the view's name, which a script in the page looks for; VS Code and
    Colab start a widget's script only where its view stands, so there a view is the second thing. Outside a kernel the
    HTML is all.

    Args:
        tables: what the live view shows.
        still: the view without a script.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return still, lambda: None
    apart = "__vsc_ipynb_file__" in shell.user_ns or "google.colab" in sys.modules
    name = new_name()

    def begin() -> Any:
        from workbench.widgets.live.stage import Stage, stage  # heavy: a widget library

        if apart:
            return Stage(tables, name)
        stage().keep(tables, name)
        return None

    return f'<div data-workbench-view="{html.escape(name)}">{still}</div>', begin
