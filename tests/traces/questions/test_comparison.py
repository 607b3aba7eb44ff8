"""Laws of comparison: the same is the same, a change is found where it was made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import traces
from workbench.errors import OptionError
from workbench.messages import assistant, user
from workbench.traces.questions import compare_runs, compare_traces
from workbench.traces.questions.alignment import differences


def told(steps, answer="five", model="m"):
    with traces.span("invoke_agent", "agent") as root:
        root.input_messages([user("2 + 3?")]).output_messages([assistant(f"It is {answer}.")])
        for step in steps:
            with traces.span("execute_tool", step):
                pass
        with traces.span("chat", f"chat {model}") as call:
            call.set(model=model, input_tokens=10, output_tokens=len(answer), cost_usd=0.5)
    return root.trace_id


def test_a_trace_compared_with_itself_is_the_same(react):
    found = compare_traces(react.trace_id, react.trace_id)
    assert set(found.nodes["change"]) == {"same"}
    assert not found.nodes["words_differ"].any()
    assert found.words.height == 0
    assert set(found.totals["change"].drop_nulls()) == {0.0}
    assert found.totals.filter(measure="cost_usd")["a"].item() is None  # one call's price is unknown


def test_added_removed_and_renamed_spans_are_found_in_their_place(fresh_store):
    before, after = told(["look", "read", "write"]), told(["look", "write", "check"], "six", model="n")
    found = compare_traces(before, after).nodes
    changes = {(row["name_a"] or row["name_b"]): row["change"] for row in found.iter_rows(named=True)}
    assert changes == {
        "agent": "same",
        "look": "same",
        "read": "removed",
        "write": "same",
        "check": "added",
        "chat m": "renamed",
    }
    renamed = found.filter(change="renamed").row(0, named=True)
    assert (renamed["name_b"], renamed["output_tokens_change"], renamed["cost_usd_change"]) == ("chat n", -1.0, 0.0)
    assert found["place"].to_list() == sorted(found["place"].to_list())


def test_changed_words_are_shown_word_by_word(fresh_store):
    words = compare_traces(told([]), told([], "six")).words
    assert words.select("direction", "step", "text_a", "text_b").rows() == [
        ("output", "equal", "It is ", "It is "),
        ("output", "replace", "five", "six"),
        ("output", "equal", ".", "."),
    ]
    assert words["role"].unique().to_list() == ["assistant"]


def test_totals_are_of_both_and_their_difference(fresh_store):
    totals = {row[0]: row[1:] for row in compare_traces(told(["x"]), told([], "six")).totals.iter_rows()}
    assert totals["spans"] == (3.0, 2.0, -1.0)
    assert totals["output_tokens"] == (4.0, 3.0, -1.0)


@given(st.text(), st.text())
def test_differences_give_back_both_texts(before, after):
    steps = differences(before, after)
    assert "".join(old for _, old, _ in steps) == before
    assert "".join(new for _, _, new in steps) == after


def test_long_texts_are_compared_by_line():
    before = "".join(f"line {number} of many words here\n" for number in range(400))
    after = before.replace("line 7 ", "line seven ")
    steps = differences(before, after)
    assert [step for step, _, _ in steps] == ["equal", "replace", "equal"]
    assert "".join(new for _, _, new in steps) == after


def evaluated(name, answers, program="direct"):
    """A run that answers some samples, twice each."""
    with traces.run("evaluation", name) as run:
        for sample, (text, right) in answers.items():
            for repetition in range(2):
                key = {"run_id": run.run_id, "program": program, "sample_id": sample, "repetition": repetition}
                tokens = len(text)
                traces.record("samples", **key, status="ok", output_text=text, output_kind="text", cost_usd=0.25)
                traces.record("samples", **key, status="ok", output_text=text, output_kind="text", output_tokens=tokens)
                kind = "missing" if right is None else "bool"
                traces.record("scores", **key, scorer="exact", kind=kind, bool=right, reason=None)
    return run.run_id


def test_runs_are_paired_by_sample_and_repetition_with_their_flips(fresh_store):
    a = evaluated("a", {"s1": ("4", True), "s2": ("5", False), "s3": ("6", True), "s4": ("7", None)})
    b = evaluated(
        "b", {"s1": ("9", False), "s2": ("55", True), "s3": ("6", True), "s4": ("7", True), "s5": ("8", True)}
    )
    found = compare_runs(a, b)
    samples = found.samples
    assert samples.height == 10
    assert samples.filter(present="only_b")["sample_id"].unique().to_list() == ["s5"]
    assert samples.filter(sample_id="s3")["is_same_output"].to_list() == [True, True]
    assert samples.filter(sample_id="s2")["output_tokens_change"].to_list() == [1, 1]
    flips = {row["sample_id"]: row["flip"] for row in found.scores.iter_rows(named=True)}
    assert flips == {"s1": "broken", "s2": "fixed", "s3": None, "s4": None}
    [total] = found.totals.rows(named=True)
    assert (total["pairs"], total["missing"], total["compared"]) == (8, 2, 6)
    assert (total["fixed"], total["broken"], total["mean_change"]) == (2, 2, 0.0)
    assert total["mean_a"] == pytest.approx(2 / 3)


def test_programs_of_other_names_are_paired_where_each_run_has_one(fresh_store):
    a = evaluated("a", {"s1": ("4", True)}, program="direct")
    b = evaluated("b", {"s1": ("5", False)}, program="cot")
    samples = compare_runs(a, b).samples
    assert samples.select("program_a", "program_b", "present").unique().rows() == [("direct", "cot", "both")]
    assert compare_runs(a, b, programs=("direct", "cot")).scores["flip"].to_list() == ["broken", "broken"]


def test_a_run_or_program_that_there_is_not_is_said(fresh_store):
    a = evaluated("a", {"s1": ("4", True)})
    with pytest.raises(OptionError, match="'nothing' has no samples"):
        compare_runs(a, "nothing")
    with pytest.raises(OptionError, match="no program 'cot'; it has direct"):
        compare_runs(a, a, programs=("direct", "cot"))
