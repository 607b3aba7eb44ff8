"""`workbench traces`: where they are, the latest of them, and questions in SQL."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from workbench.cli.table import as_json, as_table
from workbench.errors import OptionError, StoreError
from workbench.traces import Store
from workbench.traces.store import default_path

__all__ = ["add_to"]

_COLUMNS: Final = ["started_at", "name", "status", "model", "input_tokens", "output_tokens", "cost_usd", "duration_ms"]
_LIST: Final = """
    SELECT started_at, name, status, model, input_tokens, output_tokens, cost_usd, duration_ms, span_id, trace_id
    FROM spans
    WHERE ($model IS NULL OR model = $model) AND ($status IS NULL OR status = $status)
        AND ($operation IS NULL OR operation = $operation)
    ORDER BY started_at DESC, span_id LIMIT $limit
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the program."""
    parser = commands.add_parser("traces", help="the store of traces: path, list, sql")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--store", type=Path, help="the .duckdb file; WORKBENCH_STORE or the project's by default")
    form = argparse.ArgumentParser(add_help=False, parents=[where])
    form.add_argument("--json", action="store_true", help="as a JSON array")

    path = actions.add_parser("path", parents=[where], help="where the store lies")
    path.set_defaults(run=_path)

    latest = actions.add_parser("list", parents=[form], help="the latest spans")
    latest.add_argument("--limit", type=_count, default=20, help="at most this many (20)")
    latest.add_argument("--model", help="only calls of this model")
    latest.add_argument("--status", choices=["ok", "error", "interrupted", "running"])
    latest.add_argument("--operation", help="only these, such as chat, execute_tool or invoke_agent")
    latest.set_defaults(run=_list)

    sql = actions.add_parser("sql", parents=[form], help="one question in SQL")
    sql.add_argument("question", metavar="SQL", help="such as 'SELECT model, count(*) FROM spans GROUP BY model'")
    sql.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="the value of a $NAME in it"
    )
    sql.set_defaults(run=_sql)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is below 1")
    return count


def _store(given: argparse.Namespace) -> Store:
    path: Path = given.store or default_path()
    opened = Store(path)
    if not path.exists() and not opened.journal.folder.exists():
        raise StoreError(
            f"There is no trace store at {str(path)!r} yet.",
            hint="run a cell with %%llm, or name another store: --store PATH, WORKBENCH_STORE=PATH",
        )
    return opened


def _path(given: argparse.Namespace) -> int:
    print(given.store or default_path())
    return 0


def _list(given: argparse.Namespace) -> int:
    names = ("model", "status", "operation", "limit")
    rows = _store(given).query(_LIST, **{name: getattr(given, name) for name in names}).to_dicts()
    print(as_json(rows) if given.json else as_table(rows, _COLUMNS))
    return 0


def _sql(given: argparse.Namespace) -> int:
    parameters: dict[str, Any] = {}
    for pair in given.parameter:
        name, equals, value = pair.partition("=")
        if not equals:
            raise OptionError(f"The parameter {pair!r} has no value.", hint="-p model=pocket")
        parameters[name] = value
    frame = _store(given).query(given.question, **parameters)
    rows = frame.to_dicts()
    print(as_json(rows) if given.json else as_table(rows, frame.columns))
    return 0
