"""`workbench traces`: look at traces, take them out and in, keep and forget them."""

from __future__ import annotations

import argparse

from workbench.cli.traces import reading, showing, transfer, upkeep
from workbench.cli.traces.arguments import Actions

__all__ = ["add_to"]


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the program."""
    parser = commands.add_parser(
        "traces",
        help="the store of traces: show, search, sql, export, check, prune, redact, …",
        epilog="`workbench traces ACTION --help` has an example of each.",
    )
    actions = Actions(parser.add_subparsers(title="actions", metavar="ACTION", required=True))
    for part in (reading, showing, transfer, upkeep):
        part.add_to(actions)
