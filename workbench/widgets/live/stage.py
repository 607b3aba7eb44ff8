"""The widget that stands between pages and the tables that a kernel keeps for them."""

from __future__ import annotations

from collections import OrderedDict
from functools import cache
from importlib.resources import files
from typing import Any, Final

import anywidget
import traitlets

from workbench.widgets.live.names import SESSION, new_name
from workbench.widgets.live.trace_tables import TraceTables

__all__ = ["Stage", "stage"]

_KEPT: Final = 32  # views whose tables stay; an older one is still to see as it was saved
_WORDS: Final = 200  # letters of a search, each word


def _script() -> str:
    """Elements and messages as the bundles' page draws them, and what is our own."""
    bundle, own = files("workbench.traces.bundle") / "viewer", files("workbench.widgets.live") / "js"
    parts = [bundle / f"{name}.js" for name in ("words", "elements", "details")]
    parts += [own / f"{name}.js" for name in ("rows", "trace_stage", "main")]
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)


class Stage(anywidget.AnyWidget):
    """Answers a page's questions about views; one for a kernel, or one for a view that stands alone.

    The tables go to the page in answers, never as the widget's state, which front ends save.

    Args:
        tables: of the one view that it is of; without it, it looks for the places of all views in the page.
        name: of that view.
    """

    _esm = _script()
    _css = (files("workbench.widgets.live") / "js" / "style.css").read_text(encoding="utf-8")
    session = traitlets.Unicode().tag(sync=True)
    view = traitlets.Unicode().tag(sync=True)

    def __init__(self, tables: TraceTables | None = None, name: str = "") -> None:
        self._kept = OrderedDict[str, TraceTables]()
        super().__init__(session=SESSION, view="" if tables is None else self.keep(tables, name))
        self.on_msg(self._answer)

    def keep(self, tables: TraceTables, name: str = "") -> str:
        """Keeps a view's tables, and drops those of the oldest; returns the view's name."""
        name = name or new_name()
        self._kept[name] = tables
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return name

    def _answer(self, _: Any, question: Any, buffers: Any) -> None:
        """One question; of a view that is not kept any more, or one that makes no sense, the answer is empty."""
        number, tables = question.get("number"), self._kept.get(str(question.get("view")))
        answer: dict[str, Any] = {"number": number}
        data: list[bytes] = []
        match question.get("ask"):
            case _ if tables is None:
                pass
            case "open":
                answer["head"], packed = tables.packed
                data = [packed]
            case "span" if isinstance(row := question.get("row"), int) and 0 <= row < tables.spans.height:
                answer["said"] = tables.said(row)
            case "search" if isinstance(words := question.get("words"), list):
                data = [tables.search([str(word)[:_WORDS] for word in words]).tobytes()]
            case _:
                pass
        self.send(answer, data)


@cache
def stage() -> Stage:
    """This kernel's."""
    return Stage()
