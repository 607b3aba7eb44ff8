"""Laws of the paired tests."""

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as reference

from workbench.errors import OptionError
from workbench.evaluate.statistics import mcnemar, sign_flip

COUNTS = st.integers(0, 60)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_mcnemar_is_that_of_statsmodels(both, first, second, neither):
    if first + second:
        expected = float(reference([[both, first], [second, neither]], exact=True).pvalue)
        assert math.isclose(mcnemar(first, second), min(1.0, expected), rel_tol=1e-9)


def test_mcnemar_of_no_difference_is_one_and_of_thousands_is_finite():
    assert mcnemar(0, 0) == 1.0
    assert 0 < mcnemar(2500, 2700) < 0.01
    with pytest.raises(OptionError):
        mcnemar(-1, 2)


@given(COUNTS, COUNTS, COUNTS)
def test_the_sign_flip_of_right_and_wrong_is_mcnemar(first, second, same):
    p, exact = sign_flip([Fraction(-1)] * first + [Fraction(1)] * second + [Fraction(0)] * same)
    assert exact
    assert math.isclose(p, mcnemar(first, second), rel_tol=1e-9, abs_tol=1e-15)


@given(st.lists(st.builds(Fraction, st.integers(-3, 3), st.integers(1, 4)), max_size=9))
def test_the_sign_flip_counts_every_choice_of_signs(differences):
    total = abs(sum(differences))
    choices = list(itertools.product((-1, 1), repeat=len(differences)))
    extreme = sum(
        abs(sum(sign * each for sign, each in zip(signs, differences, strict=True))) >= total for signs in choices
    )
    assert math.isclose(sign_flip(differences)[0], extreme / len(choices), rel_tol=1e-9)


def test_a_long_table_is_drawn_with_a_seed_and_is_near_the_normal_approximation():
    differences = [Fraction(number, 997) for number in range(-480, 540, 3)]
    (p, exact), again = sign_flip(differences), sign_flip(differences)
    assert not exact
    assert again == (p, exact)
    score = float(sum(differences)) / math.sqrt(sum(float(each) ** 2 for each in differences))
    assert p == pytest.approx(math.erfc(abs(score) / math.sqrt(2)), rel=0.1)
