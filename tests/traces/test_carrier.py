"""Laws of carrying: what another process does belongs to the trace, run and cell that asked for it."""

import json
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import traces
from workbench.errors import OptionError
from workbench.messages import assistant
from workbench.traces.carrier import Carried
from workbench.traces.place import default_content, default_sample
from workbench.traces.rules import current_rules
from workbench.traces.scope import Scope, current_tags

ROOT = Path(__file__).parents[2]
TAGS = {"notebook": "a/b.ipynb", "cell_id": "c7", "execution_count": 3, "run_id": "r1", "role": "judge"}

CHILD = """
import subprocess, sys
from workbench import traces
from workbench.messages import assistant
with traces.span("chat", f"depth {sys.argv[2]}") as span:
    span.output_messages([assistant("said in a child")])
    if sys.argv[2] != "0":
        command = [sys.executable, "-c", sys.argv[1], sys.argv[1], str(int(sys.argv[2]) - 1)]
        subprocess.run(command, env=traces.environment(), check=True)
"""

# A program of its own: what the pool's workers import must be a module, and a fork must not inherit others' threads.
POOL = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from workbench import traces
from workbench.messages import assistant

def work(number):
    with traces.scope(sample_id=str(number)), traces.span("chat", f"call {number}") as span:
        span.output_messages([assistant(f"ask ada@example.org about {number}")])
    return number * number

if __name__ == "__main__":
    method, path = sys.argv[1:]
    traces.use(path)
    traces.redactor(r"[a-z]+@[a-z.]+")
    with ProcessPoolExecutor(2, mp_context=get_context(method)) as pool:
        for run_id in ("first", "second"):
            with traces.scope(run_id=run_id), traces.span("invoke_agent", run_id):
                assert list(pool.map(traces.carry(work), range(4))) == [0, 1, 4, 9]
        with traces.content(False), traces.span("invoke_agent", "silent"):
            pool.submit(traces.carry(work), 9).result()
"""


def rows(store):
    return {row["name"]: row for row in store.query("SELECT * FROM spans").to_dicts()}


def test_a_subprocess_and_its_own_belong_to_the_trace_the_run_and_the_cell(fresh_store):
    with traces.scope(**TAGS), traces.span("invoke_agent", "parent"):
        command = [sys.executable, "-c", CHILD, CHILD, "1"]
        subprocess.run(command, cwd=ROOT, env=traces.environment(), check=True)
    found = rows(fresh_store)
    chain = [found["parent"], found["depth 1"], found["depth 0"]]
    assert len({row["trace_id"] for row in chain}) == 1
    assert [row["parent_id"] for row in chain] == [None, chain[0]["span_id"], chain[1]["span_id"]]
    assert len({row["session"] for row in chain}) == 3
    assert all({name: row[name] for name in TAGS} == TAGS for row in chain)


def test_settings_go_along(tmp_path):
    store = traces.use(tmp_path / "other.duckdb", sample=0.25)
    with traces.content(False):
        told = traces.environment()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, value)
        assert (default_sample(), default_content()) == (0.25, False)
    assert told["WORKBENCH_STORE"] == str(store.path)
    assert "TRACEPARENT" not in told or os.environ.get("TRACEPARENT") == told["TRACEPARENT"]


words = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
scopes = st.fixed_dictionaries(
    {}, optional={
        name: st.none() | st.integers(0, 2**31 - 1) if name in ("execution_count", "repetition") else words
        for name in Scope.__dataclass_fields__
    },
)  # fmt: skip


@given(scopes)
def test_every_scope_comes_through_the_environment_as_it_is(tags):
    with traces.scope(**tags):
        told, expected = traces.environment()["WORKBENCH_SCOPE"], current_tags()
    assert json.loads(told) == expected


@pytest.mark.parametrize("told", ["no json", "[1]", '{"role": 3, "unknown": "x"}', '"a"', "null"])
def test_a_scope_that_cannot_be_read_costs_no_span(told, fresh_store):
    program = "from workbench import traces\ntraces.start_span('chat', 'child').end()"
    environment = traces.environment() | {"WORKBENCH_SCOPE": told, "TRACEPARENT": "nonsense"}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=True, capture_output=True)
    assert (rows(fresh_store)["child"]["role"], rows(fresh_store)["child"]["parent_id"]) == ("solver", None)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_the_workers_of_a_pool_belong_to_the_span_that_carried_the_work(tmp_path, method):
    path, program = tmp_path / "pool.duckdb", tmp_path / "pool.py"
    program.write_text(POOL)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WORKBENCH_STORE": str(tmp_path / "wrong.duckdb")}
    subprocess.run([sys.executable, str(program), method, str(path)], env=environment, check=True, timeout=120)
    store = traces.use(path)
    spans = store.query("SELECT * FROM spans").to_dicts()
    assert not (tmp_path / "wrong.duckdb.journal").exists()
    for run_id in ("first", "second"):
        (parent,) = [row for row in spans if row["name"] == run_id]
        children = [row for row in spans if row["parent_id"] == parent["span_id"]]
        assert sorted(row["sample_id"] for row in children) == ["0", "1", "2", "3"]
        assert {(row["trace_id"], row["run_id"]) for row in children} == {(parent["trace_id"], run_id)}
        assert parent["session"] not in {row["session"] for row in children}
    texts = set(store.query("SELECT text FROM messages")["text"].to_list())
    assert texts == {f"ask [redacted] about {number}" for number in range(4)}


def test_threads_of_a_pool_have_the_span_the_scope_and_the_meter(fresh_store):
    def work(number):
        with traces.span("chat", f"call {number}") as span:
            span.set(cost_usd=1.0).output_messages([assistant("x")])

    with ThreadPoolExecutor(4) as pool, traces.meter() as total:
        with traces.scope(run_id="r"), traces.span("invoke_agent", "agent") as agent:
            list(pool.map(traces.carry(work), range(20)))
        assert total.cost_usd == 20.0
    calls = [row for row in rows(fresh_store).values() if row["operation"] == "chat"]
    assert {(row["parent_id"], row["run_id"]) for row in calls} == {(agent.span_id, "r")}
    assert len(calls) == 20


def test_what_was_carried_leaves_nothing_behind(fresh_store):
    before = (current_tags(), current_rules())
    with traces.scope(run_id="r"), traces.span("invoke_agent", "agent"):
        carried = traces.carry(len)
    function, handed = carried.__reduce__()
    assert function(*handed)("abc") == 3
    assert (current_tags(), current_rules()) == before
    with traces.span("chat", "after"):
        pass
    after = rows(fresh_store)["after"]
    assert (after["parent_id"], after["run_id"]) == (None, None)


def test_a_coroutine_function_is_not_carried():
    async def work():
        pass

    with pytest.raises(OptionError, match=r"asyncio\.create_task"):
        traces.carry(work)


def test_what_cannot_be_pickled_is_not_carried_to_another_process():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = pool.submit(traces.carry(lambda: None))
        with pytest.raises(Exception, match=r"pickle|lambda|local"):
            waiting.result(timeout=60)
    assert isinstance(traces.carry(print), Carried)
