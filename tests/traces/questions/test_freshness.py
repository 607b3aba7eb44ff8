"""A law over two processes: what one has ended, another sees within a second."""

import subprocess
import sys
import time
from pathlib import Path

from workbench import traces
from workbench.traces.questions import traces_page

ROOT = Path(__file__).parents[3]
WRITER = """
import sys, time
from workbench import traces
traces.use(sys.argv[1])
with traces.span("chat", "warm"):
    pass
for line in sys.stdin:
    with traces.span("chat", line.strip()):
        pass
    print(time.time(), flush=True)
"""


def test_a_span_is_seen_by_another_process_within_a_second_of_its_end(fresh_store):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(fresh_store.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        delays = []
        for number in range(5):
            writer.stdin.write(f"call {number}\n")
            writer.stdin.flush()
            ended = float(writer.stdout.readline())
            while traces_page(limit=1).rows["name"].to_list() != [f"call {number}"]:
                assert time.time() - ended < 30
            delays.append(time.time() - ended)
        assert min(delays) < 1.0  # a busy machine may be late once
    finally:
        writer.stdin.close()
        writer.wait(30)
    assert traces.query("SELECT count(*) AS n FROM spans")["n"].item() == 6
