"""Laws of the critical path: what ran in order waits, what links say is known, and the best is what they leave."""

import threading
import time
from contextvars import copy_context

import pytest

from workbench import traces
from workbench.traces.questions import critical_path


def test_an_agent_without_links_waited_for_every_step(react):
    found = critical_path(react.trace_id)
    assert found.path["ms"].sum() == pytest.approx(found.duration_ms)
    assert set(found.path["span_id"]) == set(react.ids.values())
    assert (found.known, found.assumed) == (0, 4)
    assert found.speedup == pytest.approx(1.0)
    assert found.work_ms == pytest.approx(found.duration_ms)
    assert found.speedup_bound > 1.0


def step(ids, name, seconds, *reads):
    with traces.span("execute_tool", name) as span:
        ids[name] = span.span_id
        span.reads(*(ids[one] for one in reads))
        time.sleep(seconds)


def test_a_plan_run_in_order_could_have_run_its_independent_steps_at_once(fresh_store):
    ids = {}
    with traces.span("invoke_agent", "plan") as root:
        step(ids, "planner", 0.02)
        step(ids, "left", 0.04, "planner")
        step(ids, "right", 0.06, "planner")
        step(ids, "join", 0.02, "left", "right")
    found = critical_path(root.trace_id)
    assert (found.known, found.assumed) == (4, 0)
    chain = [name for name in found.chain["name"] if name != "plan"]
    assert chain == ["planner", "right", "join"]
    assert set(found.path["name"]) - {"plan"} == {"planner", "right", "join"}  # nobody waited for `left`
    assert found.work_ms - found.ideal_ms == pytest.approx(40, abs=15)
    assert found.speedup > 1.2
    assert found.least_ms == pytest.approx(found.ideal_ms)


def test_what_ran_at_once_is_not_assumed_to_wait(fresh_store):
    ids = {}
    with traces.span("invoke_agent", "both") as root:
        threads = [
            threading.Thread(target=copy_context().run, args=(step, ids, name, 0.05)) for name in ("one", "other")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = critical_path(root.trace_id)
    assert found.assumed == 0
    assert found.work_ms > found.duration_ms
    assert found.ideal_ms <= found.duration_ms
    assert found.speedup > 1.5


def test_a_link_from_below_makes_the_siblings_above_wait(fresh_store):
    ids = {}
    with traces.span("invoke_agent", "outer") as root:
        with traces.span("invoke_agent", "first"):
            step(ids, "writes", 0.01)
        step(ids, "between", 0.01)
        with traces.span("invoke_agent", "second"):
            step(ids, "reads", 0.01, "writes")
    found = critical_path(root.trace_id)
    assert (found.known, found.assumed) == (1, 1)
    assert found.ideal_ms < found.work_ms


def test_a_span_that_read_as_it_came_waits_for_nobody(fresh_store):
    with traces.span("invoke_agent", "stream") as root:
        writer = traces.start_span("chat", "writer")
        with traces.span("chat", "reader") as reader:
            reader.reads(writer.span_id)
            time.sleep(0.01)
        writer.end()
    assert critical_path(root.trace_id).known == 0
