"""The tool `python`: a model writes a program, and gets what it printed and what it came to."""

from __future__ import annotations

from workbench.errors import ToolError
from workbench.tools.annotation import annotate
from workbench.tools.define import tool
from workbench.tools.isolation import Level, Limits, Outcome, run_isolated
from workbench.tools.tool import Tool

__all__ = ["python_tool", "report_of"]

_STOPPED = {
    "time": "It took too long and was stopped.",
    "cpu": "It used too much processor time and was stopped.",
    "output": "It wrote too much and was stopped.",
    "killed": "It was ended by a signal.",
}


def python_tool(
    *, at_least: Level = "strict", limits: Limits | None = None, packages: bool = False, name: str = "python"
) -> Tool:
    """A tool that runs Python in isolation. Each call starts afresh: variables do not last.

    The level that was reached is stored on the call's span as `workbench.isolation.level`, how the program ended as
    `workbench.isolation.ended`.

    Args:
        at_least: the weakest level of isolation to accept: `strict`, `confined` or `process`; the strongest that the
            system reaches is taken. Where it reaches none, a call is refused and nothing is run.
        limits: how much a program may use.
        packages: whether it can import the installed packages; otherwise Python's standard library alone.
        name: as the model calls it.

    Example:
        >>> python_tool().definition.description
        'Run a Python program and get what it prints and the value of its last expression.'
    """

    async def python(code: str) -> str:
        """Run a Python program and get what it prints and the value of its last expression.

        Args:
            code: the program. It has no network, and no files but an empty temporary folder; nothing lasts.
        """
        outcome = await run_isolated(code, at_least=at_least, limits=limits, packages=packages)
        keep(outcome)
        if outcome.ended == "finished":
            return report_of(outcome)
        raise ToolError(report_of(outcome))

    return tool(python, name=name)


def keep(outcome: Outcome) -> None:
    """Stores on the call's span how far the program was confined and how it ended."""
    annotate("workbench.isolation.level", outcome.level)
    annotate("workbench.isolation.ended", outcome.ended)
    annotate("workbench.isolation.cpu_seconds", round(outcome.cpu_seconds, 6))
    if outcome.unset:
        annotate("workbench.isolation.unset_limits", list(outcome.unset))


def report_of(outcome: Outcome) -> str:
    """The outcome in words for a model: what was printed, the value or the traceback, and the level last."""
    parts = [outcome.stdout.rstrip("\n")]
    if outcome.stderr.strip():
        parts.append(f"[standard error]\n{outcome.stderr.rstrip()}")
    if outcome.text is not None:
        parts.append(outcome.text)
    if outcome.error:
        parts.append(outcome.error)
    if outcome.ended in _STOPPED:
        parts.append(_STOPPED[outcome.ended])
    if outcome.ended == "exit":
        parts.append(f"It ended itself with exit code {outcome.exit_code}.")
    unset = f"; no limit on {', '.join(outcome.unset)}" if outcome.unset else ""
    return "\n".join([*filter(None, parts), f"[isolation: {outcome.level}{unset}]"])
