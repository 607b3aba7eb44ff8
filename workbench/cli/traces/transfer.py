"""Traces out to files and in from files, and into one page that opens from a disk."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from workbench.cli.traces.arguments import Actions, count, filters, opened
from workbench.cli.traces.progress import progress
from workbench.errors import OptionError
from workbench.traces import Store
from workbench.traces.store import default_path

__all__ = ["add_to"]

_FILTERS: Final = ("since", "until", "model", "status", "session", "notebook", "conversation", "method", "run_id")


def add_to(actions: Actions) -> None:
    """Adds `export`, `import` and `bundle`."""
    out = actions.add(
        "export",
        "traces to a file or folder: Parquet, CSV, OTLP JSON, chat JSONL",
        "workbench traces export good.chat.jsonl --min-score exact_match=1",
        _export,
    )
    out.add_argument("path", type=Path, metavar="PATH", help="its ending says the format, where --format does not")
    out.add_argument("--format", help="its name, such as parquet or otlp")
    _selection(out)

    into = actions.add(
        "import",
        "traces from a file or folder into the store; what it has already stays as it is",
        "workbench traces import logs.db",
        _import,
    )
    into.add_argument("path", type=Path, metavar="PATH")
    into.add_argument("--format", help="its name; by default, what the content looks like")

    page = actions.add(
        "bundle",
        "the latest traces, without keys, as one page that opens from a disk and needs no network",
        r"workbench traces bundle traces.html --since 7d --pattern '[\w.]+@example\.org'",
        _bundle,
    )
    page.add_argument("path", type=Path, metavar="OUT.html")
    page.add_argument("--limit", type=count, default=1000, help="at most this many traces (1000)")
    page.add_argument("--title", help="the page's heading")
    page.add_argument("--pattern", action="append", default=[], metavar="REGEX", help="cut this out as well")
    _selection(page)


def _selection(parser: argparse.ArgumentParser) -> None:
    filters(parser, *_FILTERS)
    parser.add_argument("--trace", action="append", metavar="ID", help="only this trace; may be given again")
    parser.add_argument("--min-score", metavar="SCORER=VALUE", help="only samples with at least this score")
    parser.add_argument("--replace", action="store_true", help="replace what is there")


def _where(given: argparse.Namespace) -> Any:
    from workbench.traces.exchange import Selection

    scorer, equals, value = (given.min_score or "=").partition("=")
    try:
        least = (scorer, float(value)) if scorer else None
    except ValueError:
        least = None
    if given.min_score and not (least and equals):
        raise OptionError(f"The score {given.min_score!r} is not understood.", hint="--min-score exact_match=1")
    chosen: dict[str, Any] = {name: getattr(given, name) for name in _FILTERS}
    return Selection(**chosen, trace_ids=tuple(given.trace) if given.trace else None, min_score=least)


def _export(given: argparse.Namespace) -> int:
    from workbench.traces.exchange import export

    with progress("export") as show:
        done = export(
            given.path,
            format=given.format,
            store=opened(given),
            where=_where(given),
            replace=given.replace,
            progress=show,
        )
    for name, rows in done.rows.items():
        if rows:
            print(f"{name:<16} {rows:>12,}")
    print(f"{done.path} ({done.bytes:,} bytes)")
    return 0


def _import(given: argparse.Namespace) -> int:
    from workbench.traces.exchange import import_

    store = Store(given.store or default_path())  # a new one where there is none
    with progress("import") as show:
        done = import_(given.path, format=given.format, store=store, progress=show)
    store.end_process()
    for words, rows in (("came in", done.rows), ("there already", done.already_there)):
        for name, number in rows.items():
            print(f"{name:<16} {number:>12,}  {words}")
    for reason, number in done.skipped.items():
        print(f"{'skipped':<16} {number:>12,}  {reason}")
    print(store.path)
    return int(bool(done.skipped))


def _bundle(given: argparse.Namespace) -> int:
    from workbench.traces.bundle import write_bundle
    from workbench.traces.erasure import Erasure

    done = write_bundle(
        opened(given),
        given.path,
        _where(given),
        erasure=Erasure(patterns=tuple(given.pattern)),
        limit=given.limit,
        title=given.title,
        replace=given.replace,
    )
    print(f"{done.path} ({done.size_bytes:,} bytes): {done.traces:,} traces; {done.erased:,} cells were cut")
    if done.left_out:
        print(f"{done.left_out:,} older traces were left out; --limit takes more")
    return 0
