"""The accuracy matrices of a run as they fill, below its progress bar."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final

import numpy as np
from jaxtyping import Float

from workbench.continual.progress import Bar, Progress

__all__ = ["LiveMatrix"]

_MOST_TABLES, _MOST_FIGURES, _SECONDS = 12, 12, 0.25
_CELL: Final = "padding:1px 6px;text-align:right"


@dataclass(slots=True)
class LiveMatrix(Bar):
    """A progress bar with a matrix for each strategy: `run(…, progress=LiveMatrix())`.

    Row i of a matrix is the accuracy on each task after learning task i, the mean over the seeds that came so far; it
    is drawn anew about four times a second and stays when the run ends. Outside a notebook there is the bar alone.
    """

    _rows: dict[str, dict[int, list[tuple[float, ...]]]] = field(default_factory=dict, init=False)
    _drawn: float = field(default=-_SECONDS, init=False)

    def __call__(self, progress: Progress) -> None:
        """Shows the state of the run."""
        if progress.accuracy:
            self._rows.setdefault(progress.strategy, {}).setdefault(progress.task, []).append(progress.accuracy)
        last = progress.done == progress.total
        if last or time.monotonic() - self._drawn >= _SECONDS:
            Bar.__call__(self, progress)
            self._drawn = time.monotonic()

    def _bundle(self, line: str) -> dict[str, str]:
        return {"text/plain": line, "text/html": f"<div><code>{escape(line)}</code></div>{self.html}"}

    @property
    def html(self) -> str:
        """The matrices so far, without a script; names are escaped."""
        tables = [_table(name, rows) for name, rows in list(self._rows.items())[:_MOST_TABLES]]
        more = len(self._rows) - len(tables)
        left = f"<p>and {more} more strategies</p>" if more else ""
        return f'<div style="display:flex;flex-wrap:wrap;gap:1.5em;margin-top:.5em">{"".join(tables)}</div>{left}'


def _table(name: str, rows: Mapping[int, list[tuple[float, ...]]]) -> str:
    tasks = len(next(iter(rows.values()))[0])
    means: dict[int, Float[np.ndarray, " tasks"]] = {task: np.mean(seen, axis=0) for task, seen in rows.items()}
    head = "".join(f'<th scope="col" style="{_CELL}">{task}</th>' for task in range(tasks))
    body = "".join(
        f'<tr><th scope="row" style="{_CELL}">{task}</th>'
        + "".join(_cell(means[task][tested] if task in means else None, tasks) for tested in range(tasks))
        + "</tr>"
        for task in range(tasks)
    )
    seeds = max(len(seen) for seen in rows.values())
    caption = f"{escape(name)}, {seeds} seed{'s' if seeds > 1 else ''}: learned ↓, tested →"
    return (
        '<table style="border-collapse:collapse;white-space:nowrap">'
        f'<caption style="text-align:left">{caption}</caption>'
        f'<thead><tr><th style="{_CELL}"></th>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def _cell(accuracy: float | None, tasks: int) -> str:
    if accuracy is None:
        return f'<td style="{_CELL}"></td>'
    figure = f"{100 * accuracy:.0f}" if tasks <= _MOST_FIGURES else ""
    shade = f"background:rgba(31,119,180,{0.65 * accuracy:.2f})"  # the theme's ink is readable on it, light or dark
    return f'<td style="{_CELL};{shade}" title="{accuracy:.3f}">{figure}</td>'
