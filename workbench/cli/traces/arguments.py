"""What the actions of `workbench traces` take: the store, filters, sizes, times."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

from workbench.cli.table import as_json, as_table
from workbench.errors import StoreError
from workbench.traces import Store
from workbench.traces.store import default_path

__all__ = ["Actions", "count", "duration", "filters", "moment", "opened", "size", "tell"]

_SIZES: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)

Run: TypeAlias = Callable[[argparse.Namespace], int]


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions to which each module adds its own."""

    parsers: argparse._SubParsersAction[argparse.ArgumentParser]

    def add(self, name: str, about: str, example: str, run: Run, *, table: bool = False) -> argparse.ArgumentParser:
        """A new action, with `--store` and, where a table comes out, `--json`.

        Args:
            name: as it is typed.
            about: one line.
            example: what may be typed.
            run: does it; gives the exit status.
            table: whether it writes a table.
        """
        parser = self.parsers.add_parser(
            name,
            help=about,
            description=f"{about[0].upper()}{about[1:]}.",
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.add_argument("--store", type=Path, help="the .duckdb file; WORKBENCH_STORE or the project's by default")
        if table:
            parser.add_argument("--json", action="store_true", help="as a JSON array")
        parser.set_defaults(run=run)
        return parser


def filters(parser: argparse.ArgumentParser, *names: str) -> None:
    """Adds the filters with these names, `since` among them as a time."""
    about = {
        "since": "started then or later: 2026-11-01, 2026-11-01T12:00 (UTC), or 7d for the last seven days",
        "until": "started before",
        "model": "that asked this model",
        "status": "ok, error, interrupted or running",
        "session": "of this process",
        "notebook": "of this notebook",
        "conversation": "of this conversation",
        "method": "made by this method",
        "run_id": "of this run, or of a run below it",
        "operation": "such as chat, execute_tool or invoke_agent",
    }
    for name in names:
        kind = moment if name in ("since", "until") else str
        parser.add_argument(f"--{name.removesuffix('_id')}", dest=name, type=kind, help=f"only {about[name]}")


def opened(given: argparse.Namespace) -> Store:
    """The store that is meant.

    Raises:
        StoreError: there is none.
    """
    path: Path = given.store or default_path()
    store = Store(path)
    if not path.exists() and not store.journal.folder.exists():
        raise StoreError(
            f"There is no trace store at {str(path)!r} yet.",
            hint="run a cell with %%llm, or name another store: --store PATH, WORKBENCH_STORE=PATH",
        )
    return store


def tell(given: argparse.Namespace, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> int:
    """Writes the rows as a table, or all of them as JSON."""
    print(as_json(rows) if given.json else as_table(rows, columns))
    return 0


def count(text: str) -> int:
    """A number from 1 on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is below 1")
    return number


def size(text: str) -> int:
    """Bytes: `2GB`, `500MB`, `1.5GiB` or a number."""
    found = _AMOUNT.fullmatch(text.strip())
    unit = found[2].upper().removesuffix("B") if found else "?"
    binary = unit.endswith("I")
    unit = unit.removesuffix("I")
    if found is None or unit not in _SIZES:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 500MB, 2GB or 1.5GiB")
    power = list(_SIZES).index(unit)
    return round(float(found[1]) * (1024**power if binary else _SIZES[unit]))


def duration(text: str) -> timedelta:
    """A time span: `90d`, `12h`, `30m`, `2w`."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or found[2].lower() not in _UNITS:
        raise argparse.ArgumentTypeError(f"{text!r} is no time span; write 90d, 12h, 30m or 2w")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2].lower()])


def moment(text: str) -> datetime:
    """A time in ISO form, of UTC where it names no zone; or a time span, counted back from now."""
    if _AMOUNT.fullmatch(text.strip()) and text.strip()[-1:].lower() in _UNITS:
        return datetime.now(UTC) - duration(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 2026-11-01, 2026-11-01T12:00 or 7d") from None
