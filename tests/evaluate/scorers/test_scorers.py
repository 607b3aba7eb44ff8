"""Laws of the scorers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DataError, OptionError
from workbench.evaluate import Sample, Score, exact_match, numeric, scorer
from workbench.messages import Answer

QUANTITIES = st.decimals(-(10**6), 10**6, places=3, allow_nan=False, allow_infinity=False)


@given(QUANTITIES, st.sampled_from(["{:,}", "The answer is {:f}.", "2 steps.\n#### {:,}", "A: {:f} apples"]))
def test_numeric_accepts_the_target_however_it_is_written(quantity, form):
    assert numeric(Answer(form.format(quantity)), Sample("a", "?", str(quantity))).value is True


@given(QUANTITIES, QUANTITIES, st.decimals(0, 1000, places=3))
def test_numeric_accepts_exactly_what_lies_within_the_tolerance(given_number, target, tolerance):
    verdict = numeric.using(tolerance=float(tolerance))(Answer(f"{given_number:f}"), Sample("a", "?", str(target)))
    assert verdict.value is (abs(given_number - target) <= Decimal(str(float(tolerance))))


def test_no_number_is_wrong_and_no_target_is_missing():
    wrong = numeric(Answer("no idea"), Sample("a", "?", 3))
    assert (wrong.value, wrong.reason) == (False, "the answer has no number")
    assert numeric(Answer("3"), Sample("a", "?")).kind == "missing"
    assert exact_match(Answer("3"), Sample("a", "?")).kind == "missing"


@pytest.mark.parametrize("kind", ["no_answer", "refusal", "timeout", "question", "infeasible", "none_fits"])
def test_a_non_answer_is_wrong_whatever_it_says(kind):
    for each in (numeric, exact_match):
        verdict = each(Answer("42", kind), Sample("a", "?", "42"))
        assert verdict.value is False
        assert kind in verdict.reason


def test_a_typed_answer_counts_by_its_value():
    answer = Answer("it is the sum of 1 and 2", "value", value=3)
    assert numeric(answer, Sample("a", "?", 3)).value is True
    assert exact_match(answer, Sample("a", "?", 3)).value is True


def test_exact_match_takes_any_of_several_targets_and_can_be_verbatim():
    sample = Sample("a", "?", ["New York", "NYC"])
    assert exact_match(Answer("The answer is new  york."), sample).value is True
    assert exact_match(Answer("Boston"), sample).value is False
    assert exact_match.using(verbatim=True)(Answer("new york"), sample).value is False
    assert exact_match.using(verbatim=True)(Answer("NYC"), sample).value is True


def test_a_scorer_has_a_version_that_changes_with_its_options():
    assert numeric.name == "numeric"
    versions = {numeric.version, numeric.using(tolerance=0.1).version, numeric.using(tolerance=0.2).version}
    assert len(versions) == 3
    with pytest.raises(OptionError, match="Did you mean 'tolerance'"):
        numeric.using(tolerence=1)


async def test_an_async_scorer_is_awaited():
    @scorer
    async def judged(answer, sample):
        return 0.5

    assert (await judged.score(Answer("x"), Sample("a", "?"))).value == 0.5
    with pytest.raises(OptionError, match="await judged"):
        judged(Answer("x"), Sample("a", "?"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), (0.4, 0.2), (float("nan"), 1.0)])
def test_a_score_that_says_nothing_is_refused(value):
    with pytest.raises(DataError):
        Score(value)


def test_a_missing_score_has_a_reason():
    with pytest.raises(DataError, match="without a reason"):
        Score(None)


@pytest.mark.parametrize("verdict", [None, object(), {"a": 1}, (1, 2, 3)])
def test_a_scorer_that_returns_something_else_is_told_so(verdict):
    with pytest.raises(DataError, match="A scorer returned"):
        scorer(lambda answer, sample: verdict)(Answer("x"), Sample("a", "?"))


def test_exactly_one_typed_column_is_filled():
    rows = [Score(value).row for value in (True, 0.5, "good", (0.1, 0.2))] + [Score(None, "why").row]
    filled = [sorted(set(row) - {"kind", "reason"}) for row in rows]
    assert filled == [["bool"], ["number"], ["label"], ["high", "low"], []]
