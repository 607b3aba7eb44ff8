"""The store's one law over real processes: whatever is written, killed, folded and asked, in any order, every span
that was acknowledged is there exactly once."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from workbench.traces.store import Store

ROOT = Path(__file__).parents[2]

# Forks a process for each writer, which does what it is told, a line at a time, and answers each with a line.
NURSERY = """
import json, os, sys
import duckdb, polars
import workbench.traces.compactor, workbench.traces.tracer
from workbench.messages import assistant, user
from workbench.traces.store import Store

def obey(orders, answers):
    store, opened, said = Store(sys.argv[1]), [], [user("the same question")]
    for line in orders:
        order, number = json.loads(line)
        answer = None
        if order == "write":
            answer = []
            for turn in range(number):
                span = store.tracer.start("chat", "call", None)
                span.input_messages(list(said)).output_messages([assistant(f"{os.getpid()} {turn} {len(said)}")])
                span.end()
                answer.append(span.span_id)
        elif order == "converse":
            said.extend([user(f"turn {len(said)}"), assistant(f"answer {number}")])
        elif order == "open":
            opened.append(store.tracer.start("chat", "call", None))
        elif order == "end":
            answer = [span.span_id for span in opened]
            [span.end() for span in opened]
            opened.clear()
        elif order == "segment":
            store.journal.segment_bytes = number
        elif order == "fold":
            store.fold()
        elif order == "close":
            store.close()
        elif order == "die in a fold":
            import threading
            threading.Timer(number / 1e4, os.kill, (os.getpid(), 9)).start()
            while True:
                store.fold()
                store.tracer.start("chat", "unsaid", None).end()
        answers.write(json.dumps(answer) + "\\n")
        answers.flush()

for line in sys.stdin:
    orders, answers = line.split()
    child = os.fork()
    if not child:
        with open(orders) as given, open(answers, "w") as said:
            obey(given, said)
        os._exit(0)
    print(child, flush=True)
"""


class Writer:
    """A process that writes; `ask` waits for its answer."""

    def __init__(self, nursery, folder, number):
        orders, answers = folder / f"orders-{number}", folder / f"answers-{number}"
        os.mkfifo(orders)
        os.mkfifo(answers)
        nursery.stdin.write(f"{orders} {answers}\n")
        nursery.stdin.flush()
        self.pid = int(nursery.stdout.readline())
        self.orders, self.answers = orders.open("w"), answers.open()

    def tell(self, order, number=0):
        self.orders.write(json.dumps([order, number]) + "\n")
        self.orders.flush()

    def ask(self, order, number=0):
        self.tell(order, number)
        return json.loads(self.answers.readline())

    def gone(self):
        self.answers.read()  # until its end closes with the process
        self.answers.close()
        try:
            self.orders.close()
        except BrokenPipeError:
            return


class Processes(RuleBasedStateMachine):
    """Up to four writers at a time on one store, and readers in this process."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "traces.duckdb"
        self.nursery = subprocess.Popen(
            [sys.executable, "-c", NURSERY, str(self.path)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.writers, self.acknowledged, self.open = [], set(), {}
        self.born = self.folds_killed = 0
        self.another_process()

    @precondition(lambda self: len(self.writers) < 4)
    @rule()
    def another_process(self):
        self.writers.append(Writer(self.nursery, self.folder, self.born))
        self.born += 1

    @precondition(lambda self: self.writers)
    @rule(which=st.integers(0, 3), count=st.integers(1, 25))
    def write(self, which, count):
        self.acknowledged.update(self.writers[which % len(self.writers)].ask("write", count))

    @precondition(lambda self: self.writers)
    @rule(which=st.integers(0, 3), number=st.integers(0, 3))
    def converse(self, which, number):
        self.writers[which % len(self.writers)].ask("converse", number)

    @precondition(lambda self: self.writers)
    @rule(which=st.integers(0, 3), order=st.sampled_from(["open", "end", "fold", "close"]))
    def order(self, which, order):
        self.acknowledged.update(self.writers[which % len(self.writers)].ask(order) or ())

    @precondition(lambda self: self.writers)
    @rule(which=st.integers(0, 3), size=st.sampled_from([2000, 20_000, 1 << 24]))
    def segment(self, which, size):
        self.writers[which % len(self.writers)].ask("segment", size)

    @precondition(lambda self: self.writers)
    @rule(which=st.integers(0, 3))
    def kill(self, which):
        writer = self.writers.pop(which % len(self.writers))
        os.kill(writer.pid, signal.SIGKILL)
        writer.gone()

    @precondition(lambda self: self.writers)
    @rule(which=st.integers(0, 3), moment=st.integers(0, 400))
    def kill_in_a_fold(self, which, moment):
        writer = self.writers.pop(which % len(self.writers))
        writer.tell("die in a fold", moment)
        writer.gone()

    @rule()
    def read(self):
        rows = Store(self.path).query("SELECT span_id, name, status FROM spans").rows()
        ended = [span_id for span_id, name, status in rows if (name, status) == ("call", "ok")]
        assert len(rows) == len({row[0] for row in rows})
        assert sorted(ended) == sorted(self.acknowledged)

    def teardown(self):
        try:
            self.read()
            spoken = Store(self.path).query(
                "SELECT count(*) AS n FROM span_messages JOIN messages USING (message_hash) "
                "WHERE direction = 'output' AND text IS NOT NULL"
            )
            listed = Store(self.path).query("SELECT count(*) AS n FROM span_messages WHERE direction = 'output'")
            assert spoken["n"].item() == listed["n"].item()
        finally:
            for writer in self.writers:
                os.kill(writer.pid, signal.SIGKILL)
                writer.gone()
            self.nursery.communicate()
            shutil.rmtree(self.folder)


Processes.TestCase.settings = settings(
    max_examples=6, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
TestProcesses = pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is not on this system")(Processes.TestCase)
