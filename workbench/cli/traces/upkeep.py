"""Looking through a store, making it small, pruning it, and redacting its history."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import asdict

from workbench.cli.table import as_json
from workbench.cli.traces.arguments import Actions, count, duration, opened, size
from workbench.cli.traces.progress import progress
from workbench.errors import OptionError

__all__ = ["add_to"]


def add_to(actions: Actions) -> None:
    """Adds `check`, `compact`, `prune` and `redact`."""
    actions.add(
        "check", "reads every row, looks whether all fits together, and says what to mend", "workbench traces check",
        _check, table=True,
    )  # fmt: skip
    actions.add("compact", "writes the file anew, as small as it can be", "workbench traces compact", _compact)

    prune = actions.add(
        "prune",
        "removes the oldest traces, but none under way, and none with feedback or scores",
        "workbench traces prune --older-than 90d --dry-run",
        _prune,
    )
    prune.add_argument("--older-than", type=duration, metavar="AGE", help="traces that ended earlier go: 90d, 12h, 2w")
    prune.add_argument("--keep", type=count, metavar="N", help="so many traces stay")
    prune.add_argument("--max-size", type=size, metavar="SIZE", help="the file may be so large: 500MB, 2GB, 1.5GiB")
    prune.add_argument("--all", action="store_true", help="also traces with feedback or scores")
    prune.add_argument("--dry-run", action="store_true", help="only say what would go")

    redact = actions.add(
        "redact",
        "cuts a text out of everything that was ever written, and looks for it in the files' bytes afterwards",
        "workbench traces redact --text -",
        _redact,
    )
    redact.add_argument(
        "--text", action="append", default=[], metavar="SECRET",
        help="a text as it is; with `-` it is asked for, and stays out of the shell's history",
    )  # fmt: skip
    redact.add_argument("--pattern", action="append", default=[], metavar="REGEX", help="whatever matches")
    redact.add_argument("--keys", action="store_true", help="values of key variables, and what has the shape of a key")
    redact.add_argument("--dry-run", action="store_true", help="only count")


def _check(given: argparse.Namespace) -> int:
    from workbench.traces.upkeep import check

    store = opened(given)
    with progress("check") as show:
        report = check(store, show)
    if given.json:
        print(as_json(asdict(finding) for finding in report.findings))
        return int(not report.is_well)
    for name, number in report.rows.items():
        if number:
            print(f"{name:<16} {number:>12,}")
    for place, size_bytes in report.sizes.items():
        print(f"{size_bytes:>29,} bytes  {place}")
    for finding in report.findings:
        print(f"{finding.state}: {finding.about}" + (f"\n  → {finding.mend}" if finding.mend else ""))
    print("all is well" if report.is_well else "something is wrong")
    return int(not report.is_well)


def _compact(given: argparse.Namespace) -> int:
    from workbench.traces.upkeep import compact

    store = opened(given)
    with progress("compact") as show:
        done = compact(store, show)
    print(f"{store.path}: {done.bytes_before:,} bytes before, {done.bytes_after:,} after")
    return 0


def _prune(given: argparse.Namespace) -> int:
    from workbench.traces.upkeep import Retention, prune

    rules = Retention(given.older_than, given.keep, given.max_size, judged_too=given.all)
    store = opened(given)
    with progress("prune") as show:
        done = prune(store, rules, dry_run=given.dry_run, progress=show)
    until = "" if done.until is None else f", the last one of {done.until.isoformat(' ', 'seconds')} UTC"
    went = "would go" if given.dry_run else "went"
    print(f"{done.traces:,} traces with {done.spans:,} spans {went}{until}")
    if done.judged:
        print(f"{done.judged:,} traces with feedback or scores stay" + ("" if given.all else "; --all takes them too"))
    if done.bytes_after is not None:
        print(f"{store.path}: {done.bytes_before:,} bytes before, {done.bytes_after:,} after")
        if given.max_size and done.bytes_after > given.max_size:
            print(f"The file is still larger than {given.max_size:,} bytes.", file=sys.stderr)
            return 1
    return 0


def _redact(given: argparse.Namespace) -> int:
    from workbench.traces.erasure import Erasure
    from workbench.traces.upkeep import redact_history

    texts = tuple(_asked() if text == "-" else text for text in given.text)
    erasure = Erasure(texts, tuple(given.pattern), given.keys)
    store = opened(given)
    with progress("redact") as show:
        done = redact_history(store, erasure, dry_run=given.dry_run, progress=show)
    for cell, number in done.cells.items():
        print(f"{cell:<28} {number:>8,} values")
    held = "would be" if given.dry_run else "were"
    print(f"{sum(done.cells.values()):,} values and {done.segments:,} files of the journal {held} cut")
    for session in done.living:
        print(f"The process of session {session} lives, and may write again what it still knows.", file=sys.stderr)
    for path in done.unread:
        print(f"{path} was not changed: look through it, and delete it.", file=sys.stderr)
    for path in done.found_again:
        print(f"{path} still holds some of it.", file=sys.stderr)
    return int(bool(done.found_again or done.unread))


def _asked() -> str:
    """The secret, from the terminal without echo, or from what is piped in."""
    secret = getpass.getpass("Text to cut out: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not secret:
        raise OptionError("No text was given to cut out.", hint="workbench traces redact --text -")
    return secret
