"""Kills the store's work before each of its steps, then does it again and compares with work that nobody killed.

    python -m tests.soak.steps fold            # or migrate, rebuild, write; all of them where none is named
    python -m tests.soak.steps fold --every 3  # every third step

A step is a call to DuckDB, or a write, rename, removal, sync or opening of a file. Takes about half a second a step.
Prints a table and, as its last line, one JSON object; ends with 1 when a row was lost, changed or there twice.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import portalocker  # noqa: F401 - imported here, once, so that no forked child needs to

import workbench.traces.compactor
import workbench.traces.tracer  # noqa: F401 - as above
from workbench.messages import assistant
from workbench.traces.database import open_database
from workbench.traces.schema import COLUMNS
from workbench.traces.segment import segments
from workbench.traces.store import Store

with contextlib.suppress(ImportError):
    import pandas  # noqa: F401 - as above: DuckDB imports it to bind a parameter, where it is installed

FIRST_VERSION = Path(__file__).parents[1] / "traces" / "data" / "v1" / "store.zip"
SYSTEM_CALLS = ("open", "write", "close", "replace", "rename", "unlink", "remove", "mkdir", "fsync", "link", "truncate")
NEVER = 1 << 60


class Steps:
    """Counts steps, and kills this process in front of one of them."""

    def __init__(self, deadly: int = NEVER) -> None:
        self.deadly = deadly
        self.names: list[str] = []

    def wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as a step; a write that is killed has written half of its bytes."""

        def step(*given: Any, **named: Any) -> Any:
            self.names.append(name)
            if len(self.names) == self.deadly:
                if name == "write":
                    function(given[0], given[1][: len(given[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*given, **named)

        return step

    def watch(self) -> None:
        """From now on, in this process, every call that changes something outside it is a step."""
        connect = duckdb.connect
        duckdb.connect = lambda *given, **named: Watched(self.wrapped("connect", connect)(*given, **named), self)
        for name in SYSTEM_CALLS:
            setattr(os, name, self.wrapped(name, getattr(os, name)))


class Watched:
    """A DuckDB connection whose every call is a step."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, steps: Steps) -> None:
        self._connection, self._steps = connection, steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        return self._steps.wrapped(f"duckdb {name}", found) if callable(found) else found

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def in_child(work: Callable[[], Any]) -> Any:
    """What the work returns, as JSON, in a forked process; None where that was killed.

    Raises:
        RuntimeError: it failed otherwise.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        warnings.simplefilter("ignore")  # a store that is rebuilt says so, here a hundred times
        status = 1
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump(work(), pipe)
            status = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return None
    if status:
        raise RuntimeError(f"a child ended with {status}")
    return json.loads(said)


def look(store: Store) -> None:
    """Folds, unless the file says that there is nothing to fold, as a question does."""
    with contextlib.suppress(duckdb.Error):
        if store.path.exists():
            with contextlib.closing(open_database(store.path, read_only=True)) as connection:
                if store.compactor.has_all(connection):
                    return
    store.fold()


def contents(path: Path) -> dict[str, list[str]]:
    """The rows that a question sees, of every table, as text and in order; what a file says of itself is left out."""
    look(Store(path))
    with contextlib.closing(open_database(path, read_only=True)) as connection:
        return {
            table: sorted(str(row) for row in connection.execute(" ".join(["SELECT * FROM", table])).fetchall())
            for table in COLUMNS
            if table not in ("store_info", "segments")
        }


def killed_at(path: Path, work: Callable[[Path], Any], step: int) -> Any:
    """Does the work in a child that is killed before this step; None where it was, else the names of its steps."""

    def watched() -> list[str]:
        steps = Steps(step)
        steps.watch()
        work(path)
        return steps.names

    return in_child(watched)


def fold(path: Path) -> None:
    """The work of the compactor."""
    Store(path).fold()


def write_span(store: Store, name: str, text: str = "") -> str:
    """One ended span with a message; its id."""
    span = store.tracer.start("chat", name, None)
    span.output_messages([assistant(text or f"answer {name}")]).attempt(status_code=200).reads("a" * 16)
    span.end()
    return span.span_id


def crowded(path: Path) -> None:
    """A store with all that a fold does ahead of it: pieces of segments, full ones, dead sessions, an old archive."""
    for number in range(3):
        store = Store(path)
        store.journal.segment_bytes = 4000
        for turn in range(10):
            write_span(store, f"{number}.{turn}")
        store.tracer.start("chat", "left open", None)
        store.append(
            {"table": "metrics", "row": {"run_id": "r", "step": number, "task": "", "name": "loss", "value": 1}}
        )
        if number < 2:
            store.fold()
        if number == 0:
            store.close()
            for segment in segments(store.compactor.archive):
                os.utime(segment.path, (1, 1))  # older than what is kept
        if number == 2:
            store.journal.append(b"no json")
            with sorted(store.journal.folder.glob(f"{store.journal.session}*.jsonl"))[-1].open("ab") as file:
                file.write(b'{"span": {"span')


def first_version(path: Path) -> None:
    """A store that the first version's code made."""
    with zipfile.ZipFile(FIRST_VERSION) as archive:
        archive.extractall(path.parent)


def damaged(path: Path) -> None:
    """A store whose file is broken, with a write-ahead log beside it, and whose archive holds all."""
    store = Store(path)
    for turn in range(30):
        write_span(store, f"{turn}")
    store.close()
    store.fold()
    write_span(store, "later")
    path.with_name(path.name + ".wal").write_bytes(b"no log")
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def compared(folder: Path, prepare: Callable[[Path], None], every: int) -> dict[str, Any]:
    """Kills a fold of this store before each step, folds again, and counts the rows that differ."""
    start = folder / "start"
    start.mkdir(parents=True)
    in_child(lambda: prepare(start / "traces.duckdb"))

    def copy() -> Path:
        shutil.rmtree(folder / "copy", ignore_errors=True)
        shutil.copytree(start, folder / "copy")
        return folder / "copy" / "traces.duckdb"

    names = killed_at(copy(), fold, NEVER)
    path = copy()
    expected = in_child(lambda: contents(path))
    counts = {"rows": sum(map(len, expected.values())), "steps": len(names), "kills": 0, "lost": 0, "duplicated": 0}
    for step in range(1, len(names) + 1, every):
        path = copy()
        counts["kills"] += killed_at(path, fold, step) is None
        found = in_child(lambda at=path: contents(at))
        lost = {table: [row for row in rows if row not in found[table]] for table, rows in expected.items()}
        more = {table: len(found[table]) - len(rows) for table, rows in expected.items()}
        counts["lost"] += sum(map(len, lost.values()))
        counts["duplicated"] += sum(number for number in more.values() if number > 0)
        if any(lost.values()) or any(more.values()):
            first = next((row for rows in lost.values() for row in rows), "")
            print(f"killed before step {step}, {names[step - 1]}: {more} {first[:200]}", file=sys.stderr)
    return counts


def writing(folder: Path, every: int) -> dict[str, Any]:
    """Kills a writer before each of its steps, in the middle of it where it writes."""

    def write(path: Path) -> None:
        store = Store(path)
        store.journal.segment_bytes = 1500
        for turn in range(6):
            said = write_span(store, f"{turn}")
            with (path.parent / "said").open("a") as file:
                file.write(said + "\n")
        store.close()

    folder.mkdir(parents=True)
    names = killed_at(folder / "traces.duckdb", write, NEVER)
    counts = {"rows": 0, "steps": len(names), "kills": 0, "lost": 0, "duplicated": 0}
    for step in range(1, len(names) + 1, every):
        shutil.rmtree(folder)
        folder.mkdir()
        path = folder / "traces.duckdb"
        counts["kills"] += killed_at(path, write, step) is None
        said = (folder / "said").read_text().split() if (folder / "said").exists() else []
        rows = in_child(lambda at=path: contents(at))["spans"]
        ended = [row for row in rows if "'ok'" in row]
        lost = [span_id for span_id in said if not any(span_id in row for row in ended)]
        counts["rows"] += len(said)
        counts["lost"] += len(lost)
        counts["duplicated"] += max(0, len(ended) - len(said) - 1)  # one call was under way
        if lost:
            print(f"killed before step {step}, {names[step - 1]}: {len(lost)} lost", file=sys.stderr)
    return counts


PARTS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "fold": lambda folder, every: compared(folder, crowded, every),
    "migrate": lambda folder, every: compared(folder, first_version, every),
    "rebuild": lambda folder, every: compared(folder, damaged, every),
    "write": writing,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill the store's work before each of its steps.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them by default")
    parser.add_argument("--every", type=int, default=1, help="only every n-th step")
    given = parser.parse_args()
    begun, figures, failed = time.monotonic(), [], False
    for part in given.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            counts = PARTS[part](Path(folder) / part, given.every)
        failed |= bool(counts["lost"] or counts["duplicated"])
        print(f"{part:>8}  {counts}", flush=True)
        for name, value in counts.items():
            aim = {"aim": 0, "met": value == 0} if name in ("lost", "duplicated") else {}
            figures.append({"figure": f"{part}_{name}", "value": value} | aim)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    taken = round(time.monotonic() - begun, 1)
    print(json.dumps({"name": "store_steps", "machine": machine, "seconds": taken, "figures": figures}))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
