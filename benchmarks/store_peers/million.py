"""A store of a million spans with a gigabyte of distinct text: made by the product's own journal and fold, then asked.

    python benchmarks/store_peers/million.py make FOLDER SPANS     # 3 minutes for a million on two idle cores
    python benchmarks/store_peers/million.py ask FOLDER QUESTION   # usage, page, trace, search, find: in a new process

A trace is a conversation of four calls of a model under an agent, 1,300 characters of new text a call; one trace has a
thousand spans. They are spread over 90 days.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from work import MODELS, RARE, on_disk, text

from workbench import traces
from workbench.messages import Message, assistant, system, user
from workbench.traces.span import OpenSpan
from workbench.traces.store import Store

CHUNK = 50_000
BIG = "b" * 32  # the trace of a thousand spans
_BEGIN = datetime(2026, 8, 1)
_DAYS = 90.0
_CALLS = 4
_SYSTEM = system("Answer exactly, and say so where you do not know.")


class Maker:
    """Writes spans as a tracer does, at times of our choosing.

    Args:
        store: whose journal they go to.
        first: number of the first span, of which everything else follows.
        total: spans in the whole store.
    """

    def __init__(self, store: Store, first: int, total: int) -> None:
        store.journal.segment_bytes = 1 << 40  # no fold beside the writing: it is measured by itself
        self.store, self.number, self.total = store, first, total
        self.draw = random.Random(first)

    def write(self, trace_id: str, parent: str | None, operation: str, **columns: Any) -> str:
        """The start and the end of one span; its id."""
        messages = columns.pop("messages", {})
        began = _BEGIN + timedelta(days=_DAYS * self.number / self.total)
        milliseconds = self.draw.uniform(50, 4000)
        row: dict[str, Any] = {
            "span_id": f"{self.draw.getrandbits(64):016x}",
            "trace_id": trace_id,
            "parent_id": parent,
            "name": operation,
            "operation": operation,
            "status": "running",
            "started_at": str(began),
            "session": self.store.journal.session,
            "notebook": f"work/{self.number * 40 // self.total}.ipynb",
            "role": "solver",
            "phase": "use",
        }
        self.store.append_start(row)
        row.update(columns, status="ok", duration_ms=milliseconds)
        row["ended_at"] = str(began + timedelta(milliseconds=milliseconds))
        self.store.append_span(OpenSpan(row, 0.0, messages=messages))
        self.number += 1
        return row["span_id"]

    def call(self, trace_id: str, parent: str, history: list[Message]) -> None:
        """One turn of a conversation."""
        rare = f"{RARE} " if self.number % (self.total // 8) < 3 else ""
        history.append(user(rare + text(self.draw, 600)))
        answer = assistant(text(self.draw, 700))
        model = self.draw.choice(MODELS)
        counts = {"input_tokens": 200 * len(history), "output_tokens": self.draw.randrange(50, 400)}
        said = {"input": list(history), "output": [answer]}
        cost = counts["output_tokens"] * 1e-5
        self.write(trace_id, parent, "chat", model=model, provider="openai", cost_usd=cost, messages=said, **counts)
        history.append(answer)

    def trace(self, calls: int = _CALLS, trace_id: str = "") -> None:
        """An agent and its calls."""
        trace_id = trace_id or f"{self.draw.getrandbits(128):032x}"
        agent = self.write(trace_id, None, "invoke_agent", method="react")
        history = [_SYSTEM]
        for turn in range(calls):
            if turn % _CALLS == 0:
                history = [_SYSTEM]
            self.call(trace_id, agent, history)


def chunk(folder: Path, first: int, total: int) -> None:
    """One process's part; it dies at the end, so that its segment is for others to fold."""
    maker = Maker(traces.use(folder / "traces.duckdb"), first, total)
    if first == 0:
        maker.trace(999, BIG)
    while maker.number < min(first + CHUNK, total):
        maker.trace()
    os._exit(0)


def make(folder: Path, total: int) -> dict[str, Any]:
    """Writes and folds in turns, each in a new process; or finds that it was done before."""
    done = folder / "made.json"
    if done.exists() and (known := json.loads(done.read_text()))["spans"] >= total:
        return known
    folder.mkdir(parents=True, exist_ok=True)
    rates: list[float] = []
    writing = 0.0
    for first in range(0, total, CHUNK):
        begun = time.monotonic()
        subprocess.run([sys.executable, __file__, "chunk", str(folder), str(first), str(total)], check=True)
        writing += time.monotonic() - begun
        folded = json.loads(subprocess.check_output([sys.executable, __file__, "fold", str(folder)]))
        rates.append(min(CHUNK, total - first) / folded["seconds"])
    known = {
        "spans": total,
        "write_seconds": writing,
        "fold_rates": rates,
        "store_bytes": on_disk(folder / "traces.duckdb"),
    }
    done.write_text(json.dumps(known))
    return known


def fold(folder: Path) -> dict[str, Any]:
    """Folds what there is, with the seconds that it took."""
    store = Store(folder / "traces.duckdb")
    begun = time.perf_counter()
    store.fold()
    return {"seconds": time.perf_counter() - begun}


def ask(folder: Path, question: str) -> dict[str, Any]:
    """One question to the closed file; the milliseconds from the call to the frame, opening included."""
    import duckdb
    import polars  # noqa: F401 - the time of imports is a process's, not a question's

    from workbench.traces.questions.listing import traces_page
    from workbench.traces.questions.search import search
    from workbench.traces.questions.tree import tree
    from workbench.traces.questions.usage import usage

    questions: dict[str, Callable[[Store], Any]] = {
        "usage": lambda store: usage(store, by=("model",), bucket="day", times=False),
        "page": lambda store: traces_page(store).rows,
        "trace": lambda store: tree(BIG, store),
        "search": lambda store: search(RARE, store).rows,
        "find": lambda store: traces_page(store, q=RARE).rows,
        "sql": lambda store: store.query("SELECT 1 AS one"),
    }
    duckdb.connect().execute("SELECT $1", [1])  # DuckDB imports pandas, where it is installed, to bind a parameter
    store = Store(folder / "traces.duckdb")
    begun = time.perf_counter()
    frame = questions[question](store)
    first = time.perf_counter() - begun
    begun = time.perf_counter()
    questions[question](store)
    again = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"ms": first * 1000, "again_ms": again * 1000, "rows": len(frame), "peak_bytes": peak}


def main() -> None:
    """Does what the command line asks."""
    task, folder = sys.argv[1], Path(sys.argv[2]).absolute()
    if task == "chunk":
        chunk(folder, int(sys.argv[3]), int(sys.argv[4]))
    elif task == "make":
        print(json.dumps(make(folder, int(sys.argv[3]))))
    elif task == "fold":
        print(json.dumps(fold(folder)))
    else:
        print(json.dumps(ask(folder, sys.argv[3])))


if __name__ == "__main__":
    main()
