"""Soak of the store: processes write, ask, fold and are killed; afterwards every acknowledged span is counted.

    python -m tests.soak.store --seconds 60             # eight writers and two readers
    python -m tests.soak.store --minutes 10 --kernels   # the writers are Jupyter kernels
    python -m tests.soak.store --minutes 10 --kills 200 # ends after so many kills

Half of the processes are killed at random moments, readers too. Prints a table and, as its last line, one JSON object.
Ends with 1 when a span was lost, is there twice, or was missing from an answer after it had been in an earlier one.
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

# Acknowledges each span with a line in a file as soon as its call has returned.
WRITER = """
import os, random, sys, time
from workbench import traces
from workbench.messages import assistant, user
store = traces.use(sys.argv[1])
store.journal.segment_bytes = int(sys.argv[3])
said = os.open(sys.argv[5], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
draw, end = random.Random(int(sys.argv[4])), time.monotonic() + float(sys.argv[2])
number = 0
while time.monotonic() < end:
    for _ in range(draw.randrange(1, 60)):
        with traces.span("chat", "chat pocket") as span:
            span.set(model="pocket", input_tokens=number, cost_usd=0.0)
            span.input_messages([user("the same question")]).output_messages([assistant(f"answer {number}")])
        os.write(said, (span.span_id + "\\n").encode())
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


# Asks again and again; what was there once must stay.
READER = """
import os, sys, time
from workbench.traces.store import Store
said = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
end, seen = time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < end:
    row = Store(sys.argv[1]).query(
        "SELECT count(*) AS n, count(DISTINCT span_id) AS ids FROM spans WHERE status = 'ok'").row(0)
    assert row[0] == row[1], f"{row[0] - row[1]} spans are there twice"
    assert row[0] >= seen, f"{seen - row[0]} spans are gone again"
    seen = row[0]
    os.write(said, b"asked\\n")
    time.sleep(0.05)
"""

# A Jupyter kernel that is given the program as a cell.
KERNEL = """
import os, sys
from ipykernel.kernelapp import IPKernelApp
from tornado.ioloop import IOLoop
sys.path.insert(0, os.getcwd())
application = IPKernelApp.instance()
application.initialize([])
program, arguments = sys.argv[1], sys.argv[2:]
sys.argv = ["", *arguments]
def cell():
    application.shell.run_cell(program, store_history=True)
    os._exit(0 if application.shell.last_execution_succeeded else 1)
IOLoop.current().call_later(0.1, cell)
application.start()
"""


class Process:
    """One of the soak's processes, and when it is to be killed."""

    def __init__(self, folder: Path, number: int, program: list[str], arguments: list[object], lifetime: float) -> None:
        # compiled modules are kept between the many short processes, also where the environment says not to
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        self.said = folder / f"said-{number}"
        command = [sys.executable, "-c", *program, *map(str, [*arguments, self.said])]
        with (folder / "errors").open("ab") as errors:
            self.process = subprocess.Popen(command, stdout=errors, stderr=errors, env=environment)
        self.deadline = time.monotonic() + lifetime
        self.is_killed = False

    def is_over(self) -> bool:
        """Kills it when its time has come."""
        if self.process.poll() is None and time.monotonic() >= self.deadline:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.is_killed = True
        return self.process.poll() is not None

    @property
    def has_failed(self) -> bool:
        return self.process.returncode not in (0, -signal.SIGKILL)

    def lines(self) -> list[str]:
        """What it said, line by line."""
        return self.said.read_text().split("\n")[:-1] if self.said.exists() else []


def soak(
    folder: Path, seconds: float, writers: int, readers: int, seed: int, kernels: bool, most: float
) -> dict[str, float]:
    """Runs the writers and readers, kills half of them at random moments and starts others, then counts.

    Args:
        folder: for the store, and what the processes say.
        seconds: how long; less after `most` kills.
        writers: at a time.
        readers: at a time.
        seed: of the moments.
        kernels: whether writers are Jupyter kernels.
        most: kills.
    """
    draw = random.Random(seed)
    path, end = folder / "traces.duckdb", time.monotonic() + seconds
    every: list[tuple[str, Process]] = []
    running: list[tuple[str, Process]] = []
    wanted = {"writer": writers, "reader": readers}
    while running or time.monotonic() < end:
        for kind, number in wanted.items():
            while sum(one == kind for one, _ in running) < number and (left := end - time.monotonic()) > 0:
                lifetime, is_killed = draw.uniform(1.0, 10.0), draw.random() < 0.5
                given: list[object] = [path, left if is_killed else min(left, lifetime)]
                program = [READER]
                if kind == "writer":
                    given += [draw.choice([20_000, 200_000, 16 << 20]), draw.randrange(1 << 30)]
                    program = [KERNEL, WRITER] if kernels else [WRITER]
                running.append(
                    (kind, Process(folder, len(every), program, given, lifetime if is_killed else float("inf")))
                )
                every.append(running[-1])
        running = [(kind, process) for kind, process in running if not process.is_over()]
        if sum(process.is_killed for _, process in every) >= most:
            end = time.monotonic()
            for _, process in running:
                process.deadline = end
        time.sleep(0.02)
    acknowledged = Counter(line for kind, process in every if kind == "writer" for line in process.lines())
    trouble = sum(process.has_failed for _, process in every)
    begun = time.monotonic()
    stored = Counter(Store(path).query("SELECT span_id FROM spans WHERE status = 'ok'")["span_id"].to_list())
    if trouble:
        sys.stderr.write((folder / "errors").read_text()[-5000:])
    return {
        "acknowledged": acknowledged.total(),
        "stored": len(stored),
        "lost": len(acknowledged.keys() - stored.keys()),
        "duplicated": stored.total() - len(stored),
        "questions": sum(len(process.lines()) for kind, process in every if kind == "reader"),
        "processes": len(every),
        "kills": sum(process.is_killed for _, process in every),
        "failures": trouble,
        "last_fold_seconds": round(time.monotonic() - begun, 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Count what a store keeps under killed, crowding processes.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--minutes", type=float, help="in place of seconds")
    parser.add_argument("--processes", type=int, default=8, help="that write")
    parser.add_argument("--readers", type=int, default=2, help="that only ask")
    parser.add_argument("--kills", type=float, default=float("inf"), help="ends after so many")
    parser.add_argument("--kernels", action="store_true", help="the writers are cells in Jupyter kernels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where the store is made; a temporary folder by default")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    begun = time.monotonic()
    try:
        seconds = given.seconds if given.minutes is None else given.minutes * 60
        counts = soak(folder, seconds, given.processes, given.readers, given.seed, given.kernels, given.kills)
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
