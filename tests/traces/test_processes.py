"""Laws over processes: kill, fork or crowd them, every call that returned is in the store once."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workbench import traces
from workbench.traces.store import Store

ROOT = Path(__file__).parents[2]

# Says each span's id as soon as its call has returned; folds now and then, so that some die while they fold.
WRITER = """
import os, sys, time
from workbench import traces
from workbench.messages import assistant, user
store = traces.use(sys.argv[1])
store.journal.segment_bytes = 20_000
fold_every, pause = int(sys.argv[2]), float(sys.argv[3])
traces.start_span("chat", "left open")
with traces.run("evaluation", "left running"):
    number = 0
    while True:
        with traces.span("chat", "call") as span:
            span.set(model="pocket", input_tokens=number)
            span.input_messages([user("the same question")]).output_messages([assistant(f"{os.getpid()} {number}")])
        os.write(1, (span.span_id + "\\n").encode())
        number += 1
        time.sleep(pause)
        if fold_every and number % fold_every == 0:
            store.fold()
"""


# Compiled modules are kept between the many short processes, also where the environment says not to.
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}


@pytest.fixture(autouse=True, scope="module")
def compiled(tmp_path_factory):
    ENVIRONMENT["PYTHONPYCACHEPREFIX"] = str(tmp_path_factory.mktemp("compiled"))


def start(program, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=ENVIRONMENT)


def acknowledged_by_a_killed_writer(path, seconds, fold_every):
    process = start(WRITER, path, fold_every, 0.0)
    first = process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    with process:
        said, trouble = process.stdout.read(), process.stderr.read()
    assert not trouble, trouble.decode()
    return [line for line in (first + said).decode().split("\n") if len(line) == 16]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is not on this system")
def test_killing_a_process_loses_no_call_that_returned(tmp_path):
    """Twenty kills at random points, two writers at a time on one store, half of them while they also fold."""
    path, draw = tmp_path / "crowd.duckdb", random.Random(0)
    plans = [(draw.uniform(0.0, 0.15), draw.choice([0, 0, 20, 50])) for _ in range(20)]
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda plan: acknowledged_by_a_killed_writer(path, *plan), plans))
    acknowledged = [span_id for ids in said for span_id in ids]
    assert len(acknowledged) > 20
    traces.use(path)
    rows = traces.query("SELECT span_id, name, status FROM spans").to_dicts()
    stored = {row["span_id"]: row["status"] for row in rows if row["name"] == "call"}
    assert len(stored) == sum(row["name"] == "call" for row in rows)
    assert [span_id for span_id in acknowledged if stored.get(span_id) != "ok"] == []
    # at most one call of each process was under way, unsaid
    assert sum(status == "ok" for status in stored.values()) <= len(acknowledged) + 20
    assert {row["status"] for row in rows} <= {"ok", "interrupted"}
    assert [row["status"] for row in rows if row["name"] == "left open"] == ["interrupted"] * 20
    runs = traces.query("SELECT status, ended_at FROM runs").to_dicts()
    assert runs == [{"status": "interrupted", "ended_at": None}] * 20
    bodies = traces.query(
        "SELECT count(*) AS n FROM span_messages JOIN messages USING (message_hash) WHERE direction = 'output'"
    )
    assert bodies["n"].item() == sum(status == "ok" for status in stored.values())


def test_the_open_span_of_another_living_process_is_running_and_of_a_dead_one_interrupted(tmp_path):
    path = tmp_path / "crowd.duckdb"
    process = start(WRITER, path, 0, 0.05)
    process.stdout.readline()
    traces.use(path)
    status = "SELECT status FROM spans WHERE name = 'left open'"
    try:
        assert traces.query(status)["status"].item() == "running"
    finally:
        process.kill()
        process.communicate()
    assert traces.query(status)["status"].item() == "interrupted"


CROWD = """
import os, sys
from workbench import traces
from workbench.messages import assistant
store, number, count = traces.use(sys.argv[1]), sys.argv[2], int(sys.argv[3])
store.journal.segment_bytes = 30_000
for turn in range(count):
    with traces.span("chat", f"{number}.{turn}") as span:
        span.output_messages([assistant("shared"), assistant(f"{number}.{turn}")])
    if turn % 40 == 39:
        seen = traces.query("SELECT count(*) AS n FROM spans WHERE name LIKE $like", like=f"{number}.%")["n"].item()
        assert seen == turn + 1, (seen, turn)
print("done")
"""


def test_four_processes_write_and_ask_at_once(tmp_path):
    path = tmp_path / "crowd.duckdb"
    crowd = [start(CROWD, path, number, 120) for number in range(4)]
    for process in crowd:
        out, err = process.communicate()
        assert out == b"done\n", err.decode()
    traces.use(path)
    row = traces.query("SELECT count(*) AS n, count(DISTINCT name) AS names FROM spans").to_dicts()
    assert row == [{"n": 480, "names": 480}]
    assert traces.query("SELECT count(*) AS n FROM messages")["n"].item() == 481
    assert traces.query("SELECT sum(skipped) AS n FROM segments")["n"].item() == 0


def test_leaving_the_process_folds_what_it_wrote(tmp_path):
    path = tmp_path / "crowd.duckdb"
    program = "import sys; from workbench import traces; traces.use(sys.argv[1]); traces.start_span('chat', 'a').end()"
    process = start(program, path)
    _, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert path.exists()
    assert not list(Path(f"{path}.journal").glob("*.jsonl"))
    assert len(list(Path(f"{path}.journal").glob("folded/*.jsonl"))) == 1


# Forks in a process of its own: other tests leave threads behind, such as JAX's, which a fork could lock for ever.
FORKER = """
import multiprocessing, os, sys, threading
from workbench import traces
traces.use(sys.argv[1])

def child(number):
    for turn in range(20):
        with traces.span("chat", f"child {number}.{turn}"):
            pass
    assert traces.store().journal.session.split("-")[1] == str(os.getpid())

def busy():
    while not stop.is_set():
        with traces.span("chat", "parent thread"):
            pass

stop = threading.Event()
with traces.span("chat", "before"):
    pass
thread = threading.Thread(target=busy)
thread.start()
context = multiprocessing.get_context("fork")
children = [context.Process(target=child, args=(number,)) for number in range(4)]
for process in children:
    process.start()
for process in children:
    process.join(20)
stop.set()
thread.join()
with traces.span("chat", "after"):
    pass
print([process.exitcode for process in children])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is not on this system")
def test_a_forked_child_writes_to_a_session_of_its_own(tmp_path):
    path = tmp_path / "forked.duckdb"
    said, complaints = start(FORKER, path).communicate(timeout=60)
    assert said.decode().strip() == "[0, 0, 0, 0]", complaints.decode()
    store = Store(path)
    names = store.query("SELECT name FROM spans WHERE name <> 'parent thread'")["name"].to_list()
    assert sorted(names) == sorted([f"child {n}.{turn}" for n in range(4) for turn in range(20)] + ["before", "after"])
    assert store.query("SELECT count(DISTINCT session) AS n FROM spans")["n"].item() == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is not on this system")
def test_a_forked_child_does_not_keep_its_dead_parent_alive(tmp_path):
    program = (
        "import os, sys, time\nfrom workbench import traces\ntraces.use(sys.argv[1])\n"
        "traces.start_span('chat', 'open in the parent')\n"
        "pid = os.fork()\n"
        "if pid == 0:\n    os.close(1)\n    time.sleep(20)\n    os._exit(0)\n"
        "print(pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "crowd.duckdb"
    process = start(program, path)
    child = int(process.stdout.readline())
    process.wait()
    try:
        store = Store(path)
        assert store.query("SELECT status FROM spans")["status"].to_list() == ["interrupted"]
    finally:
        os.kill(child, signal.SIGKILL)
        process.stdout.close()
        process.stderr.close()


def test_the_soak_finds_nothing_lost(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak.store", "--seconds", "2", "--processes", "3", "--folder", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False, env=ENVIRONMENT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    figures = {figure["figure"]: figure["value"] for figure in result["figures"]}
    assert figures["acknowledged"] > 0
    assert (figures["lost"], figures["duplicated"]) == (0, 0)
