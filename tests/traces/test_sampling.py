"""Laws of sampling: whole traces, the same ones in every process, and never one less with an error."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import traces
from workbench.errors import OptionError
from workbench.messages import ToolCall, assistant
from workbench.traces import tracer as tracing
from workbench.traces.health import StoreWarning
from workbench.traces.sampling import Sampler, is_kept
from workbench.traces.span import OpenSpan
from workbench.traces.store import Store

ROOT = Path(__file__).parents[2]
LOST = "0" * 18 + "f" * 14  # chance keeps it at no rate below 1
FOUND = "1" + "0" * 31  # chance keeps it at every rate above 0


@pytest.fixture
def sampled(tmp_path, monkeypatch):
    """A store that keeps no trace by chance."""
    ids = itertools.count(1)
    monkeypatch.setattr(tracing, "new_id", lambda size: f"{next(ids):x}".zfill(4).ljust(2 * size, "f"))
    return traces.use(tmp_path / "sampled.duckdb", sample=0.0)


def stored(store):
    return store.query("SELECT * FROM spans ORDER BY started_at").to_dicts()


@given(st.lists(st.integers(0, 2**128 - 1).map("{:032x}".format), min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_rate_keeps_all_that_a_lower_one_keeps(ids, one, other):
    low, high = sorted((one, other))
    assert {i for i in ids if is_kept(i, low)} <= {i for i in ids if is_kept(i, high)}
    assert not any(is_kept(i, 0.0) for i in ids)
    assert all(is_kept(i, 1.0) for i in ids)


def test_about_the_share_asked_for_is_kept_of_random_ids():
    kept = sum(is_kept(tracing.new_id(16), 0.25) for _ in range(20_000))
    assert 4_600 < kept < 5_400  # 7 standard errors


class Recorder:
    """Notes what a sampler writes."""

    def __init__(self, rate, **options):
        self.starts, self.ends = [], []
        self.sampler = Sampler(lambda row: self.starts.append(dict(row)), self._end, rate, **options)
        self.numbers = itertools.count()

    def _end(self, opened):
        self.ends.append(dict(opened.row))

    def open(self, trace_id):
        opened = OpenSpan({"span_id": f"{next(self.numbers)}", "trace_id": trace_id, "status": "running"}, 0.0)
        self.sampler.start(opened.row)
        return opened

    def close(self, opened, status="ok"):
        opened.row["status"] = status
        self.sampler.end(opened)

    def written(self):
        return [row["span_id"] for row in self.ends]


@given(st.data())
@settings(max_examples=200)
def test_any_sequence_keeps_every_error_trace_whole_and_drops_every_other_one(data):
    """Traces in which a span is always open until the last one ends, interleaved, with errors anywhere."""
    recorder = Recorder(0.0, waiting_bytes=10**9)
    opened = {LOST: [], "a" + LOST[1:]: [], "b" + LOST[1:]: []}
    done = {trace_id: [] for trace_id in opened}
    finished = set()
    for _ in range(data.draw(st.integers(1, 40))):
        trace_id = data.draw(st.sampled_from(sorted(opened)))
        spans = opened[trace_id]
        if trace_id in finished:
            continue
        if not spans or data.draw(st.booleans()):
            spans.append(recorder.open(trace_id))
        else:
            span = spans.pop(data.draw(st.integers(0, len(spans) - 1)))
            status = data.draw(st.sampled_from(["ok", "ok", "ok", "error", "interrupted"]))
            recorder.close(span, status)
            done[trace_id].append((span.row["span_id"], status))
            if not spans:
                finished.add(trace_id)
    written = recorder.written()
    assert len(set(written)) == len(written)
    for trace_id, ends in done.items():
        failed = any(status != "ok" for _, status in ends)
        theirs = sorted(row["span_id"] for row in recorder.ends if row["trace_id"] == trace_id)
        assert theirs == (sorted(span_id for span_id, _ in ends) if failed else [])
        started = {row["span_id"] for row in recorder.starts if row["trace_id"] == trace_id}
        still_open = {span.row["span_id"] for span in opened[trace_id]}
        assert (still_open if failed else set()) <= started
    assert all(row["sample_rate"] == 1.0 for row in recorder.ends)


def test_an_error_in_one_span_brings_its_whole_trace_and_no_other(sampled):
    with traces.span("invoke_agent", "fine"), traces.span("chat", "fine too"):
        pass
    with traces.span("invoke_agent", "agent"):
        with traces.span("chat", "before") as before:
            before.output_messages([assistant("said before the error")])
        with pytest.raises(ValueError, match="no"), traces.span("chat", "failing"):
            raise ValueError("no")
        with traces.span("chat", "after"):
            pass
    rows = stored(sampled)
    assert [(row["name"], row["status"]) for row in rows] == [
        ("agent", "ok"), ("before", "ok"), ("failing", "error"), ("after", "ok"),
    ]  # fmt: skip
    assert {row["sample_rate"] for row in rows} == {1.0}
    assert sampled.query("SELECT text FROM messages")["text"].to_list() == ["said before the error"]


def test_an_interrupted_span_brings_its_trace_and_so_does_the_end_of_the_process(sampled):
    with pytest.raises(KeyboardInterrupt), traces.span("chat", "interrupted"):
        raise KeyboardInterrupt
    with traces.span("chat", "fine"):
        pass
    traces.start_span("chat", "left open")
    assert [row["name"] for row in stored(sampled)] == ["interrupted"]
    sampled.close()
    rows = stored(sampled)
    assert {row["name"]: row["status"] for row in rows} == {"interrupted": "interrupted", "left open": "interrupted"}


def test_a_trace_kept_by_chance_says_at_which_rate_and_without_sampling_there_is_none(tmp_path):
    store = traces.use(tmp_path / "half.duckdb", sample=0.5)
    for _ in range(40):
        with traces.span("invoke_agent", "outer"), traces.span("chat", "inner"):
            pass
    rows = stored(store)
    ids = {row["trace_id"] for row in rows}
    assert 0 < len(ids) < 40
    assert all(is_kept(trace_id, 0.5) for trace_id in ids)
    assert len(rows) == 2 * len(ids)
    assert {row["sample_rate"] for row in rows} == {0.5}
    traces.use(tmp_path / "half.duckdb")
    with traces.span("chat", "all"):
        pass
    assert [row["sample_rate"] for row in stored(store) if row["name"] == "all"] == [None]


def test_what_waits_is_as_it_was_when_its_span_ended(sampled):
    arguments, headers = {"numbers": [1, 2]}, ["a"]
    with traces.span("invoke_agent", "agent") as agent:
        with traces.span("chat", "inner") as span:
            span.output_messages([assistant("", ToolCall("c", "add", arguments))]).attribute("headers", headers)
        arguments["numbers"].append(3)
        headers.append("b")
        agent.fail(ValueError("late"))
    body = json.loads(sampled.query("SELECT body FROM messages")["body"].item())
    assert body["parts"][-1]["arguments"] == {"numbers": [1, 2]}
    row = next(row for row in stored(sampled) if row["name"] == "inner")
    assert json.loads(row["attributes"]) == {"headers": ["a"]}


def test_when_too_much_waits_the_oldest_trace_is_written_rather_than_lost():
    recorder = Recorder(0.0, waiting_bytes=120_000)
    roots = [recorder.open(f"{number:x}".ljust(32, "f")) for number in range(3)]
    for root in roots:
        for _ in range(3):
            span = recorder.open(root.row["trace_id"])
            span.messages["output"] = [assistant("x" * 15_000)]
            recorder.close(span)
    assert {row["trace_id"] for row in recorder.ends} == {roots[0].row["trace_id"]}
    assert len(recorder.ends) == 3
    assert [row["span_id"] for row in recorder.starts] == [roots[0].row["span_id"]]
    for root in roots:
        recorder.close(root)
    assert {row["trace_id"] for row in recorder.ends} == {roots[0].row["trace_id"]}
    assert len(recorder.ends) == 4


def test_rows_of_other_tables_are_never_sampled(sampled):
    with traces.run("evaluation", "kept") as run, traces.span("chat", "not kept"):
        run.metric("loss", 1.0)
    assert stored(sampled) == []
    assert sampled.query("SELECT status FROM runs")["status"].to_list() == ["ok"]
    assert sampled.query("SELECT count(*) AS n FROM metrics")["n"].item() == 1


def test_a_meter_counts_calls_that_are_not_kept(sampled):
    with traces.meter() as total, traces.span("chat", "chat") as span:
        span.set(cost_usd=0.5)
    assert (total.calls, total.cost_usd) == (1, 0.5)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan"), "0.1", True])
def test_a_rate_that_is_no_share_is_one_clear_error(tmp_path, fresh_store, rate):
    with pytest.raises(OptionError, match="from 0"):
        traces.use(tmp_path / "other.duckdb", sample=rate)
    assert traces.store() is fresh_store


def test_a_wrong_rate_in_the_environment_keeps_all_and_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_SAMPLE", "ten percent")
    with pytest.warns(StoreWarning, match="WORKBENCH_SAMPLE"):
        store = traces.use(tmp_path / "other.duckdb")
    assert store.sampler.rate is None


CHILD = """
import sys
from workbench import traces
for number in range(int(sys.argv[1])):
    with traces.span("chat", f"child {number}"):
        pass
"""


def test_processes_of_one_trace_agree_whether_it_is_kept(tmp_path):
    """The parent keeps half of the traces; its children are told by the environment."""
    store = traces.use(tmp_path / "both.duckdb", sample=0.5)
    expected = {}
    for _ in range(6):
        with traces.span("invoke_agent", "parent") as parent:
            command = [sys.executable, "-c", CHILD, "2"]
            subprocess.run(command, cwd=ROOT, env=traces.environment(), check=True)
        expected[parent.trace_id] = 3 if is_kept(parent.trace_id, 0.5) else 0
    rows = stored(store)
    counts = {trace_id: sum(row["trace_id"] == trace_id for row in rows) for trace_id in expected}
    assert counts == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is not on this system")
def test_what_waits_in_a_parent_is_not_written_by_its_fork(tmp_path):
    program = (
        "import os, sys\nfrom workbench import traces\n"
        "store = traces.use(sys.argv[1], sample=0.0)\n"
        "waiting = traces.start_span('chat', 'waits')\n"
        "pid = os.fork()\n"
        "if pid == 0:\n    traces.start_span('chat', 'of the child')\n    store.close()\n    os._exit(0)\n"
        "os.waitpid(pid, 0)\nwaiting.end()\nstore.close()\n"
    )
    path = tmp_path / "forked.duckdb"
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, check=True)
    assert [row["name"] for row in stored(Store(path))] == ["of the child"]
