"""Laws of one trace: every span is in the tree once, below its parent, and lanes hold no two spans at once."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import traces
from workbench.errors import OptionError
from workbench.traces.questions import tree, waterfall
from workbench.traces.questions.critical_path import _path as path_of
from workbench.traces.questions.dependencies import longest, read_dependencies
from workbench.traces.questions.forest import forest
from workbench.traces.questions.tree import _lanes

BEGAN = datetime(2026, 11, 21)


def test_an_agents_trace_is_its_steps_in_order_below_it(react):
    frame = tree(react.trace_id)
    ids = [react.ids[name] for name in ("root", "first", "add", "second", "multiply", "third")]
    assert frame["span_id"].to_list() == ids
    assert frame["depth"].to_list() == [0, 1, 1, 1, 1, 1]
    assert frame["children"].to_list() == [5, 0, 0, 0, 0, 0]
    assert not frame["is_orphan"].any()
    root = frame.row(0, named=True)
    assert 0 < root["self_ms"] < root["duration_ms"] + 1
    assert frame["trace_spans"].to_list() == [6] * 6
    assert (frame["notebook"].unique().to_list(), frame["status"][4]) == (["sums.ipynb"], "error")


def test_a_limit_keeps_the_earliest_spans_and_says_how_many_there_are(react):
    frame = tree(react.trace_id, limit=2)
    assert frame["span_id"].to_list() == [react.ids["root"], react.ids["first"]]
    assert frame["trace_spans"].to_list() == [6, 6]


def test_a_trace_that_there_is_not_is_said(fresh_store):
    with pytest.raises(OptionError, match="no trace 'nothing'"):
        tree("nothing")


def test_a_span_without_an_end_has_no_time_of_its_own_yet(fresh_store):
    opened = traces.start_span("chat", "still open")
    frame = tree(opened.trace_id)
    assert frame.select("status", "duration_ms", "self_ms").row(0) == ("running", None, None)


def test_bars_lie_below_their_parents_in_free_lanes(react):
    frame = waterfall(react.trace_id)
    assert frame["lane"].to_list() == [0, 1, 1, 1, 1, 1]
    assert (frame["end_ms"] >= frame["offset_ms"]).all()


@st.composite
def rows(draw):
    """Spans of a trace with any parents: missing ones, circles, none, ends missing, at any times."""
    count = draw(st.integers(1, 12))
    names = [f"s{number}" for number in range(count)]
    made = []
    for name in names:
        start = draw(st.integers(0, 20))
        length = draw(st.none() | st.integers(0, 20))
        made.append(
            {
                "span_id": name,
                "parent_id": draw(st.none() | st.sampled_from([*names, "elsewhere"])),
                "name": draw(st.sampled_from("ab")),
                "operation": draw(st.sampled_from(["chat", "execute_tool"])),
                "started_at": BEGAN + timedelta(milliseconds=start),
                "ended_at": None if length is None else BEGAN + timedelta(milliseconds=start + length),
                "duration_ms": length,
            }
        )
    return sorted(made, key=lambda row: (row["started_at"], row["span_id"]))


@given(rows())
def test_the_tree_is_a_permutation_of_the_spans_with_parents_before_children(given_rows):
    found = forest(given_rows)
    order = [node.span_id for node in found.nodes]
    assert sorted(order) == sorted(row["span_id"] for row in given_rows)
    for node in found.nodes:
        for child in node.children:
            assert order.index(child.span_id) > order.index(node.span_id)
            assert child.depth == node.depth + 1
            assert child.is_orphan or child.row["parent_id"] == node.span_id


@given(rows())
def test_no_two_spans_of_a_lane_overlap(given_rows):
    found = forest(given_rows)
    placed = list(zip(_lanes(found), found.nodes, strict=True))
    for number, (lane, one) in enumerate(placed):
        for other_lane, other in placed[number + 1 :]:
            if lane == other_lane and one.start_ms < one.end_ms and other.start_ms < other.end_ms:
                assert one.end_ms <= other.start_ms or other.end_ms <= one.start_ms


@given(rows(), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=8))
def test_the_path_fills_the_duration_and_the_ideal_is_no_longer_than_work_or_duration(given_rows, pairs):
    found = forest(given_rows)
    needs = read_dependencies(found, [(f"s{one}", f"s{other}") for one, other in pairs])
    pieces = path_of(found, needs)
    assert sum(until - since for _, since, until in pieces) == pytest.approx(found.end_ms)
    assert all(pieces[n][2] == pytest.approx(pieces[n + 1][1]) for n in range(len(pieces) - 1))
    work = sum(node.self_ms for node in found.nodes)
    ideal = longest(found, needs, assume=True)
    least = longest(found, needs, assume=False)
    assert least.milliseconds <= ideal.milliseconds + 1e-9
    assert ideal.milliseconds <= work + 1e-9
    assert sum(node.self_ms for node in ideal.chain) == pytest.approx(ideal.milliseconds)
    if all(
        child.end_ms <= node.end_ms and child.start_ms >= node.start_ms
        for node in found.nodes
        for child in node.children
    ):
        assert ideal.milliseconds <= found.end_ms + 1e-9
