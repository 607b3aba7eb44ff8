"""Laws of search: what is there is found once, where it stands, and nothing else is."""

import pytest

from workbench import traces
from workbench.errors import OptionError
from workbench.messages import assistant, user
from workbench.traces.questions import search


def test_a_word_of_an_answer_is_found_where_it_was_written(react):
    [row] = search("thirty-five").rows.rows(named=True)
    assert (row["trace_id"], row["direction"], row["role"]) == (react.trace_id, "output", "assistant")
    assert row["span_id"] in (react.ids["root"], react.ids["third"])
    assert row["spans"] == 2
    assert row["snippet"][row["start"] : row["end"]] == "thirty-five"
    assert row["offset"] == len("It is ")


def test_arguments_and_results_of_tools_are_found(react):
    [called] = search("multiply").rows.filter(role="assistant").rows(named=True)
    assert (called["found_in"], called["direction"]) == ("tool_text", "input")
    assert search("no such tool").rows["role"].to_list() == ["tool"]


def test_all_words_must_be_there_and_quotes_keep_them_together(react):
    assert search("times what", ignore_case=True).rows.height == 1
    assert search("times hippo").rows.height == 0
    assert search('"2 + 3"').rows.height == 1
    assert search('"3 + 2"').rows.height == 0


def test_case_counts_unless_it_is_ignored(react):
    assert search("what is").rows.height == 0
    assert search("what is", ignore_case=True).rows.height == 1


def test_signs_of_regular_expressions_are_words_until_asked_for(react):
    assert search("(2").rows.height == 1
    assert search(r"\(\d \+ \d\)", regex=True).rows["snippet"].to_list() == ["What is (2 + 3) times 7?"]
    [row] = search(r"\bt\w+s\b", regex=True).rows.rows(named=True)
    assert row["snippet"][row["start"] : row["end"]] == "times"


def test_a_wrong_regular_expression_is_said(fresh_store):
    with pytest.raises(OptionError, match=r"(?s)'\(un'.*no regular expression.*Hint: leave regex=True away"):
        search("(un", regex=True)
    with pytest.raises(OptionError, match="takes words"):
        search("  ")


def test_a_hit_is_found_by_its_place_not_by_its_first_look_alike(fresh_store):
    with traces.span("chat", "c") as span:
        span.output_messages([assistant("concat the cat")])
    [row] = search(r"\bcat\b", regex=True).rows.rows(named=True)
    assert row["offset"] == len("concat the ")


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_pages_joined_are_all_hits_newest_first(fresh_store, limit):
    for number in range(5):
        with traces.span("chat", f"call {number}") as span:
            span.input_messages([user("the same question")]).output_messages([assistant(f"answer {number}")])
    names, after = [], None
    while True:
        page = search("answer", limit=limit, after=after)
        names += page.rows["name"].to_list()
        after = page.cursor
        if after is None:
            break
    assert names == [f"call {number}" for number in reversed(range(5))]
    [row] = search("same").rows.rows(named=True)
    assert (row["name"], row["spans"]) == ("call 4", 5)


def test_filters_choose_the_spans(react):
    assert search("thirty-five", notebook="sums.ipynb").rows.height == 1
    assert search("thirty-five", notebook="other.ipynb").rows.height == 0
    assert search("thirty-five", operation="chat").rows["span_id"].to_list() == [react.ids["third"]]
