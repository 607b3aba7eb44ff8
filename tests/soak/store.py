"""Soak of the store: processes write, ask, fold and are killed; afterwards every acknowledged span is counted.

    python -m tests.soak.store --seconds 20

Prints a table and, as its last line, one JSON object. Ends with 1 when a span was lost or is there twice.
"""

import argparse
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from workbench.traces.store import Store

# Acknowledges each span with a line on stdout as soon as its call has returned.
WRITER = """
import os, random, sys, time
from workbench import traces
from workbench.messages import assistant, user
store = traces.use(sys.argv[1])
store.journal.segment_bytes = int(sys.argv[3])
draw, end = random.Random(int(sys.argv[4])), time.monotonic() + float(sys.argv[2])
number = 0
while time.monotonic() < end:
    for _ in range(draw.randrange(1, 60)):
        with traces.span("chat", "chat pocket") as span:
            span.set(model="pocket", input_tokens=number, cost_usd=0.0)
            span.input_messages([user("the same question")]).output_messages([assistant(f"answer {number}")])
        os.write(1, (span.span_id + "\\n").encode())
        number += 1
    kind = draw.random()
    if kind < 0.1:
        traces.query("SELECT model, sum(input_tokens) FROM spans GROUP BY model")
    elif kind < 0.15:
        store.fold()
    elif kind < 0.17:
        store.close()
    else:
        time.sleep(draw.random() * 0.02)
"""


def soak(folder: Path, seconds: float, processes: int, seed: int) -> dict[str, float]:
    """Runs the writers, kills a third of them at random moments and starts others, then counts."""
    draw = random.Random(seed)
    # compiled modules are kept between the many short processes, also where the environment says not to
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    path, end = folder / "traces.duckdb", time.monotonic() + seconds
    said: list[Path] = []
    running: list[tuple[subprocess.Popen[bytes], float]] = []
    kills = trouble = started = 0
    while running or time.monotonic() < end:
        while len(running) < processes and time.monotonic() < end:
            output, started = folder / f"said-{started}", started + 1
            said.append(output)
            left = max(0.0, end - time.monotonic())
            arguments = [path, left, draw.choice([20_000, 200_000, 16 << 20]), draw.randrange(1 << 30)]
            with output.open("wb") as file, (folder / "errors").open("ab") as errors:
                command = [sys.executable, "-c", WRITER, *map(str, arguments)]
                process = subprocess.Popen(command, stdout=file, stderr=errors, env=environment)
            lifetime = draw.uniform(0.8, 4.0) if draw.random() < 0.5 else float("inf")
            running.append((process, time.monotonic() + lifetime))
        for process, deadline in list(running):
            if process.poll() is None and time.monotonic() >= deadline:
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
            if process.poll() is not None:
                running.remove((process, deadline))
                trouble += process.returncode not in (0, -signal.SIGKILL)
        time.sleep(0.02)
    acknowledged = Counter(line for output in said for line in output.read_text().split("\n") if len(line) == 16)
    begun = time.monotonic()
    stored = Counter(Store(path).query("SELECT span_id FROM spans WHERE status = 'ok'")["span_id"].to_list())
    if trouble:
        sys.stderr.write((folder / "errors").read_text())
    return {
        "acknowledged": acknowledged.total(),
        "stored": len(stored),
        "lost": len(acknowledged.keys() - stored.keys()),
        "duplicated": stored.total() - len(stored),
        "processes": started,
        "kills": kills,
        "failures": trouble,
        "last_fold_seconds": round(time.monotonic() - begun, 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Count what a store keeps under killed, crowding processes.")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where the store is made; a temporary folder by default")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    begun = time.monotonic()
    try:
        counts = soak(folder, given.seconds, given.processes, given.seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in counts.items():
        print(f"{name:>18}  {value}")
    aims = {"lost": 0, "duplicated": 0, "failures": 0}
    figures = [
        {"figure": name, "value": value} | ({"aim": aims[name], "met": value == aims[name]} if name in aims else {})
        for name, value in counts.items()
    ]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    taken = round(time.monotonic() - begun, 1)
    print(json.dumps({"name": "store_soak", "machine": machine, "seconds": taken, "figures": figures}))
    return int(any(counts[name] for name in aims))


if __name__ == "__main__":
    sys.exit(main())
