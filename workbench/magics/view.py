"""A cell's answer as HTML for a notebook and as text for everything else."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.magics.markdown import to_html
from workbench.magics.transcript import Step, shortened

__all__ = ["View", "as_html", "as_text", "folded", "step_line"]

_BOX = (
    "border-left:3px solid var(--jp-border-color2,rgba(128,128,128,.4));padding:0 0 0 .8em;margin:.3em 0;"
    "color:var(--jp-ui-font-color1,inherit)"
)
_QUIET = "color:var(--jp-ui-font-color2,inherit);font-size:var(--jp-ui-font-size1,.85em)"


@dataclass(frozen=True, slots=True)
class View:
    """What is to be seen at one moment; `line` is empty while the answer is coming, `note` once it has come."""

    text: str
    steps: tuple[Step, ...] = ()
    line: str = ""
    note: str = ""

    @property
    def busy(self) -> bool:
        """Whether more is to come."""
        return not self.line


def as_html(view: View) -> str:
    """The answer in a live region, the steps folded under it, and the line."""
    busy, words = ("true" if view.busy else "false"), view.line or view.note
    return "".join(
        (
            f'<div class="workbench-answer" role="status" aria-live="polite" aria-busy="{busy}">',
            to_html(view.text),
            "</div>",
            folded(view.steps),
            f'<div class="workbench-line" style="{_QUIET}">{html.escape(words)}</div>' if words else "",
        )
    )


def as_text(view: View) -> str:
    """The answer, its steps in one line each, and the line."""
    steps = [f"  {step_line(step)}" for step in view.steps]
    return "\n".join(part for part in (view.text, *steps, view.line or view.note) if part)


def step_line(step: Step) -> str:
    """A step in one line."""
    return step.title if step.call is not None else f"[{step.title}] {shortened(step.body, 100)}".rstrip()


def folded(steps: Sequence[Step]) -> str:
    """Steps under their titles, and more than three of them under one."""

    def one(step: Step) -> str:
        title = html.escape(step.title)
        body = f"<pre>{html.escape(step.body)}</pre>" if step.call is not None else to_html(step.body)
        return f"<details><summary>{title}</summary>{body}</details>" if step.body else f"<div>{title}</div>"

    if not steps:
        return ""
    inside = "".join(map(one, steps))
    if len(steps) > 3:
        inside = f"<details><summary>{len(steps)} steps</summary>{inside}</details>"
    return f'<div class="workbench-steps" style="{_BOX}">{inside}</div>'
