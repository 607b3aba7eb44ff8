"""Laws of the details: one trace, one span, one run, with all that belongs to them and nothing else."""

import math

import pytest

from workbench import traces
from workbench.errors import OptionError, StoreError
from workbench.messages import user
from workbench.traces.feedback import give_feedback
from workbench.traces.questions import (
    critical_path,
    curves,
    run_detail,
    run_samples,
    runs_page,
    span_detail,
    waterfall,
)
from workbench.traces.questions.run_samples import results
from workbench.traces.questions.span_detail import message_body
from workbench.traces.questions.trace_document import trace_document
from workbench.traces.questions.trace_items import trace_items
from workbench.traces.questions.trace_screen import trace_screen


def test_a_documents_spans_are_the_waterfalls_and_its_path_the_critical_one(react):
    give_feedback(react.ids["third"], "thumbs", bool=False)
    found = trace_document(react.trace_id)
    bars = waterfall(react.trace_id).drop("trace_spans")
    assert found.spans.select(bars.columns).equals(bars)
    assert found.critical_path.path.equals(critical_path(react.trace_id).path)
    critical = set(found.critical_path.path["span_id"].drop_nulls())
    assert set(found.spans.filter(found.spans["is_critical"])["span_id"]) == critical
    thumbs = dict(found.spans.select("span_id", "thumbs").iter_rows())
    assert thumbs == {**dict.fromkeys(react.ids.values()), react.ids["third"]: False}


def test_a_trace_or_a_span_that_is_not_there_is_said(fresh_store):
    none = "0" * 32
    for ask in (
        lambda: trace_document(none),
        lambda: trace_screen(none),
        lambda: span_detail("0" * 16),
        lambda: message_body(none),
    ):
        with pytest.raises(StoreError, match="no ") as raised:
            ask()
        assert raised.value.kind == "absent"


def test_a_spans_messages_are_what_it_read_and_wrote_in_order(react):
    found = span_detail(react.ids["third"])
    said = [(row["direction"], row["position"], row["role"]) for row in found.messages.rows(named=True)]
    roles = ("user", "assistant", "tool", "assistant", "tool")
    assert said == [("input", place, role) for place, role in enumerate(roles)] + [("output", 0, "assistant")]
    assert found.input_messages == 5
    assert found.messages["text"][-1] == "It is thirty-five."
    last = span_detail(react.ids["third"], limit=2)
    assert last.messages["position"].to_list() == [3, 4, 0]
    assert last.input_messages == 5


def test_a_long_message_is_cut_and_there_whole_for_who_asks(fresh_store):
    with traces.span("chat", "chat m") as call:
        call.input_messages([user("a" * 300_000)])
    [row] = span_detail(call.span_id).messages.rows(named=True)
    assert (len(row["text"]), row["is_cut"], row["body"], row["characters"]) == (200_000, True, None, 300_000)
    assert message_body(row["message_hash"])["text"] == "a" * 300_000


def test_the_same_persons_second_word_takes_the_firsts_place(react):
    span = react.ids["root"]
    give_feedback(span, "thumbs", bool=True, author="ann")
    give_feedback(span, "thumbs", bool=False, author="ann")
    give_feedback(span, "thumbs", bool=True, author="bob")
    give_feedback(span, "label", label="odd", author="ann")
    give_feedback(span, "label", label="long", author="ann")
    said = span_detail(span).feedback
    assert sorted(said.select("author", "name", "bool", "label").rows(), key=str) == sorted(
        [
            ("ann", "thumbs", False, None),
            ("bob", "thumbs", True, None),
            ("ann", "label", None, "odd"),
            ("ann", "label", None, "long"),
        ],
        key=str,
    )
    give_feedback(span, "thumbs", author="ann", clear=True)
    thumbs = span_detail(span).feedback.filter(said["name"] == "thumbs").sort("author")
    assert thumbs["bool"].to_list() == [None, True]


def test_a_thumb_on_a_traces_first_span_is_the_one_that_its_cell_gave(react):
    from workbench.magics.feedback import rate

    rate(react.trace_id, "up")
    give_feedback(react.ids["root"], "thumbs", bool=False)
    assert span_detail(react.ids["root"]).feedback["bool"].to_list() == [False]


@pytest.mark.parametrize("said", [{}, {"label": ""}, {"comment": "x" * 10_001}])
def test_feedback_that_says_nothing_or_too_much_is_refused(react, said):
    with pytest.raises(OptionError):
        give_feedback(react.ids["root"], "note", **said)


def test_items_are_what_was_asked_and_answered(react):
    [row] = trace_items([react.trace_id, "0" * 32]).rows(named=True)
    assert (row["question"], row["answer"]) == ("What is (2 + 3) times 7?", "It is thirty-five.")


@pytest.fixture
def exam(fresh_store):
    """Two programs answer three items; one score is missing, one cost unknown."""
    with traces.run("evaluation", "exam", parameters={"of": "sums"}) as run:
        for program, verdicts in (("direct", (True, False, None)), ("votes", (True, True, True))):
            for number, right in enumerate(verdicts):
                key = {"run_id": run.run_id, "program": program, "sample_id": f"s{number}", "repetition": 0}
                cost = None if program == "votes" and number == 2 else 0.5
                traces.record("samples", **key, status="ok", position=number, input="?", output_text="!", cost_usd=cost)
                traces.record(
                    "scores", **key, scorer="exact", kind="bool" if right is not None else "missing", bool=right
                )
        with traces.run("training", "inner"):
            pass
    return run.run_id


def test_a_run_has_its_programs_its_children_and_its_parameters(exam):
    found = run_detail(exam)
    assert found.children["name"].to_list() == ["inner"]
    rows = {row["program"]: row for row in found.programs.rows(named=True)}
    assert (rows["direct"]["samples"], rows["direct"]["cost_usd"], rows["votes"]["cost_usd"]) == (3, 1.5, None)
    [row] = runs_page().rows.rows(named=True)
    assert (row["run_id"], row["children"], row["samples"]) == (exam, 1, 6)
    assert runs_page(parent_run_id=exam).rows["name"].to_list() == ["inner"]


def test_samples_are_chosen_by_their_verdict_and_counted_whole(exam):
    def ids(**options):
        return run_samples(exam, scorer="exact", program="direct", **options)["sample_id"].to_list()

    assert (ids(verdict="right"), ids(verdict="wrong"), ids(verdict="missing")) == (["s0"], ["s1"], ["s2"])
    assert ids(limit=1, start=1) == ["s1"]
    assert run_samples(exam, scorer="exact", limit=1)["matching"].to_list() == [6]
    assert results()["value"].null_count() == 1


def test_a_thinned_curve_keeps_its_peaks_and_what_is_no_number(fresh_store):
    with traces.run("training", "t") as run:
        for step in range(500):
            run.metric("loss", {100: 99.0, 333: -99.0}.get(step, math.sin(step)), step=step)
        run.metric("odd", math.nan)
    found = curves([run.run_id], "loss", points=20)
    assert found.height <= 22
    assert {99.0, -99.0} <= set(found["value"])
    assert found["step"].is_sorted()
    assert math.isnan(curves([run.run_id], "odd")["value"][0])
