"""The same work through the workbench's store and through its peers, and a store of a million spans.

    python benchmarks/store.py [--quick] [--only burst,conversations,crowd,million] [--folder FOLDER]
        [--peers ours,jsonl,otel,duckdb_retry,llm,mlflow,mlflow_async,phoenix] [--python-of mlflow=/path/to/python]

Takes 25 minutes with all peers, 8 without (`--quick`: under 60 s); a million spans are made once in FOLDER, in 4
minutes, and need 2 GB. Expected on two idle cores: 65 µs a call, 0.7 s until 5,000 calls are queryable, 20,000 spans a
second by eight processes, no call lost. A peer runs in a Python of its own; install one beside the project with

    uv venv /tmp/llm && uv pip install --python /tmp/llm/bin/python llm        # mlflow, arize-phoenix likewise
    python benchmarks/store.py --python-of llm=/tmp/llm/bin/python             # or WORKBENCH_PYTHON_OF_LLM=…

A peer that is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from reporting import finish
from store_peers.peers import PEERS, QUICK, pythons_of

HERE = Path(__file__).resolve().parent / "store_peers"
_LIMIT_SECONDS = 1500


_AIMS = {
    "call_added_p50": 80.0,
    "call_added_p99": 1000.0,
    "burst_queryable": 1.0,
    "burst_lost": 0,
    "crowd_8_written": 20_000.0,
    "crowd_8_lost": 0,
    "crowd_4_lost": 0,
    "conversations_store": 1.6,
    "conversations_lost": 0,
    "million_usage": 100.0,
    "million_page": 100.0,
    "million_trace": 50.0,
    "million_search": 1000.0,
    "million_find": 600.0,
    "million_fold": 5000.0,
    "million_reader_memory": 1.0,
}
_AT_LEAST = {"crowd_8_written", "million_fold"}


class Run:
    """What was measured, printed as it comes.

    Args:
        pythons: peer -> its Python.
        names: the peers, ours first.
        folder: for the stores.
        quick: less of everything.
    """

    def __init__(self, pythons: dict[str, str], names: Sequence[str], folder: Path, quick: bool) -> None:
        self.pythons, self.names, self.folder, self.quick = pythons, names, folder, quick
        self.figures: list[dict[str, Any]] = []
        self.stores = 0

    def amount(self, name: str, what: str) -> int:
        """How much of this work the peer is given."""
        full = getattr(PEERS[name], what)
        return min(full, getattr(QUICK[name], what)) if self.quick and name in QUICK else full

    def ask(self, name: str, task: str, *arguments: int) -> dict[str, Any] | None:
        """What a peer's script says of a task, in a store of its own; None, said, where it fails."""
        self.stores += 1
        store = self.folder / f"{self.stores}-{name}"
        command = [self.pythons[name], str(HERE / PEERS[name].script), task, str(store), *map(str, arguments)]
        environment = {**os.environ, **dict(PEERS[name].environment), "PYTHONDONTWRITEBYTECODE": ""}
        begun = time.monotonic()
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment, timeout=_LIMIT_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            print(f"  {name}: {task} took more than {_LIMIT_SECONDS} s")
            return None
        finally:
            shutil.rmtree(store, ignore_errors=True)
        if done.returncode:
            print(f"  {name}: {task} failed: {(done.stderr.strip().splitlines() or ['no word'])[-1][:200]}")
            return None
        return json.loads(done.stdout.splitlines()[-1]) | {"took": time.monotonic() - begun}

    def add(self, name: str, unit: str, values: Sequence[float], n: int, peers: dict[str, Any] | None = None) -> None:
        """One figure of ours: the median of repeats, with the bootstrap interval of that, beside the peers'."""
        value, aim = float(median(values)), _AIMS.get(name)
        figure: dict[str, Any] = {"figure": name, "value": round(value, 3), "unit": unit, "n": n}
        if len(values) > 2:
            draws = np.random.default_rng(0).choice(np.asarray(values), (2000, len(values)))
            low, high = np.quantile(np.median(draws, axis=1), [0.025, 0.975])
            figure |= {"low": round(float(low), 3), "high": round(float(high), 3)}
        if aim is not None:
            figure |= {"aim": aim, "met": value >= aim if name in _AT_LEAST else value <= aim}
        self.figures.append(figure | ({"peers": peers} if peers else {}))
        interval = f"[{figure['low']:,.6g}, {figure['high']:,.6g}]" if "low" in figure else ""
        against = "" if aim is None else f"aim {aim:,.6g} {'met' if figure['met'] else 'MISSED'}"
        print(f"  {name:<26}{value:>12,.6g} {unit:<9}{interval:<26}{against}", flush=True)


def _row(name: str, cells: Sequence[str]) -> None:
    print(f"  {name:<26}" + "".join(f"{cell:>15}" for cell in cells), flush=True)


def _number(result: dict[str, Any], key: str, scale: float = 1.0) -> str:
    return "–" if result.get(key) is None else f"{result[key] * scale:,.4g}"


def burst(run: Run) -> None:
    """5,000 calls of 1.1 kB back to back: what tracing adds to a call, until when all can be asked for, the reading."""
    columns = ("p50_us", "p99_us", "durable_seconds", "lost", "tokens_ms", "open_ms", "search_ms", "page_ms")
    _row("burst", ("calls", *columns, "bytes a call"))
    peers: dict[str, dict[str, Any]] = {}
    ours: list[dict[str, Any]] = []
    for name in run.names:
        count = run.amount(name, "calls")
        if not count:
            print(f"  {name}: left out of a quick run")
            continue
        repeats = (3 if run.quick else 9) if name == "ours" else 1
        results = [result for _ in range(repeats) if (result := run.ask(name, "burst", count)) is not None]
        if not results:
            continue
        middle = sorted(results, key=lambda one: one["p50_us"])[len(results) // 2]
        size = f"{middle['bytes']['store'] / count:,.0f}"
        _row(middle["version"], (f"{count:,}", *(_number(middle, column) for column in columns), size))
        if name == "ours":
            ours = results
        else:
            peers[f"{middle['version']}, {count:,} calls"] = middle
    if not ours:
        return
    calls = PEERS["ours"].calls * len(ours)

    def of(key: str) -> dict[str, Any]:
        return {name: round(result[key], 3) for name, result in peers.items() if result.get(key) is not None}

    run.add("call_added_p50", "us", [one["p50_us"] for one in ours], calls, of("p50_us"))
    run.add("call_added_p99", "us", [one["p99_us"] for one in ours], calls, of("p99_us"))
    run.add("burst_queryable", "s", [one["durable_seconds"] for one in ours], len(ours), of("durable_seconds"))
    run.add("burst_lost", "count", [max(one["lost"] for one in ours)], calls, of("lost"))
    for question in ("tokens", "open", "search", "page"):
        run.add(f"read_{question}", "ms", [one[f"{question}_ms"] for one in ours], len(ours), of(f"{question}_ms"))


def conversations(run: Run) -> None:
    """Conversations of fifty turns, which send their history again: bytes of the store, and apart of the journal."""
    peers: dict[str, Any] = {}
    ours: dict[str, Any] | None = None
    _row("conversations", ("number", "text MB", "sent MB", "store MB", "journal MB", "lost", "seconds"))
    for name in run.names:
        count = run.amount(name, "conversations")
        if not count or (run.quick and name not in ("ours", "jsonl")):
            continue
        result = run.ask(name, "conversations", count)
        if result is None:
            continue
        sizes = {part: size / 1e6 for part, size in result["bytes"].items()}
        cells = (_number(result, "distinct_bytes", 1e-6), _number(result, "sent_bytes", 1e-6), _number(sizes, "store"))
        rest = (_number(sizes, "journal"), _number(result, "lost"), _number(result, "took"))
        _row(result["version"], (f"{count}", *cells, *rest))
        if name == "ours":
            ours = result
        else:
            peers[f"{result['version']}, {count} conversations"] = round(sizes["store"], 3)
    if ours is not None:
        run.add("conversations_store", "MB", [ours["bytes"]["store"] / 1e6], 1, peers)
        run.add("conversations_journal", "MB", [ours["bytes"]["journal"] / 1e6], 1)
        run.add("conversations_lost", "count", [ours["lost"]], 50 * PEERS["ours"].conversations)


def crowd(run: Run) -> None:
    """Four processes write at once, and of ours eight."""
    columns = ("calls", "written_per_second", "stored_per_second", "lost", "refused")
    _row("crowd", ("processes", "calls", "written/s", "stored/s", "lost", "refused"))
    peers: dict[str, dict[str, Any]] = {}
    for name in run.names:
        count = run.amount(name, "crowd")
        if not count or (run.quick and name not in ("ours", "llm", "duckdb_retry")):
            continue
        for processes in ((8,) if run.quick else (4, 8)) if name == "ours" else (4,):
            repeats = (1 if run.quick else 5) if name == "ours" else 1
            results = [result for _ in range(repeats) if (result := run.ask(name, "crowd", count, processes))]
            if not results:
                continue
            _row(results[0]["version"], (f"{processes}", *(_number(results[0], column) for column in columns)))
            if name != "ours":
                peers[f"{results[0]['version']}, {results[0]['calls']:,} calls"] = results[0]
                continue
            label = f"crowd_{processes}"
            written = [one["written_per_second"] for one in results]
            run.add(f"{label}_written", "spans/s", written, processes * count)
            run.add(f"{label}_queryable", "spans/s", [one["stored_per_second"] for one in results], processes * count)
            run.add(f"{label}_lost", "count", [max(one["lost"] for one in results)], processes * count)
    for figure in run.figures:
        if figure["figure"] == "crowd_4_queryable" and peers:
            figure["peers"] = {name: round(one["stored_per_second"], 1) for name, one in peers.items()}
        if figure["figure"] == "crowd_4_lost" and peers:
            figure["peers"] = {name: one["lost"] for name, one in peers.items()}


def million(run: Run, folder: Path, spans: int) -> None:
    """Asks a store of many spans from its closed file, in a new process for every question."""
    script = str(HERE / "million.py")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}

    def asked(*arguments: str) -> dict[str, Any]:
        said = subprocess.check_output([sys.executable, script, *arguments], text=True, env=environment)
        return json.loads(said.splitlines()[-1])

    made = asked("make", str(folder), str(spans))
    print(f"  {made['spans']:,} spans, {made['store_bytes'] / 1e6:,.0f} MB, written in {made['write_seconds']:.0f} s")
    of = "million" if spans == 1_000_000 else f"{spans // 1000}k"  # aims are for the million
    run.add(f"{of}_fold", "spans/s", made["fold_rates"], made["spans"])
    peak = 0
    for question in ("usage", "page", "trace", "search", "find"):
        taken = [asked("ask", str(folder), question) for _ in range(2 if run.quick else 9)]
        peak = max(peak, *(one["peak_bytes"] for one in taken))
        run.add(f"{of}_{question}", "ms", [one["ms"] for one in taken], len(taken))
        run.add(f"{of}_{question}_again", "ms", [one["again_ms"] for one in taken], len(taken))
    run.add(f"{of}_reader_memory", "GB", [peak / 1e9], 1)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="less of everything, 20,000 spans in place of a million")
    parser.add_argument("--peers", default=",".join(PEERS), help="which, by name; ours is always one")
    parser.add_argument("--python-of", action="append", default=[], metavar="PEER=PYTHON")
    parser.add_argument("--only", default="burst,conversations,crowd,million", help="which parts")
    parser.add_argument("--folder", type=Path, help="where a million spans are kept between runs")
    given = parser.parse_args()
    began = time.perf_counter()
    pythons = pythons_of(["ours", *(name for name in given.peers.split(",") if name != "ours")], given.python_of)
    with tempfile.TemporaryDirectory() as name:
        run = Run(pythons, list(pythons), Path(name), given.quick)
        spans = 20_000 if given.quick else 1_000_000
        kept = (given.folder or Path(name)) / f"{spans}-spans"
        parts: dict[str, Callable[..., None]] = {"burst": burst, "conversations": conversations, "crowd": crowd}
        parts["million"] = million
        for part in given.only.split(","):
            print(f"\n{part}: {parts[part].__doc__}")
            parts[part](run, *((kept.absolute(), spans) if part == "million" else ()))
    finish("store", began, run.figures)


if __name__ == "__main__":
    main()
