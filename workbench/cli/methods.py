"""`workbench methods`: which methods there are, where they were published and what they need."""

from __future__ import annotations

import argparse
from typing import Any

from workbench.cli.table import as_json, as_table

__all__ = ["add_to"]


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the program."""
    parser = commands.add_parser("methods", help="the methods by name: paper, needs, calls")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; all by default")
    parser.add_argument("--json", action="store_true", help="as a JSON array")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    from workbench.methods import find_method, method_names

    rows = [_row(find_method(name)) for name in given.names or method_names()]
    print(as_json(rows) if given.json else as_table(rows, ["name", "calls", "needs", "paper"], widest=100))
    return 0


def _row(method: Any) -> dict[str, Any]:
    paper = method.paper
    words = None if paper is None else f"{paper.authors} ({paper.year}). {paper.title}."
    if paper is not None and (paper.arxiv or paper.url):
        words = f"{words} {f'arXiv:{paper.arxiv}' if paper.arxiv else paper.url}"
    return {"name": method.name, "calls": method.calls, "needs": " ".join(method.needs) or None, "paper": words}
