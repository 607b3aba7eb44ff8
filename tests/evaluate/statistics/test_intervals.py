"""Laws of the intervals."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from workbench.errors import OptionError
from workbench.evaluate.statistics import clustered_proportion, newcombe_paired, paired_bootstrap, wilson

COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LEVELS = st.floats(0.5, 0.999)


@given(COUNTS, LEVELS)
def test_wilson_is_that_of_statsmodels(counts, confidence):
    successes, n = counts
    low, high = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    interval = wilson(successes, n, confidence)
    assert math.isclose(interval.low, max(low, 0), abs_tol=1e-9)
    assert math.isclose(interval.high, min(high, 1), abs_tol=1e-9)


@given(COUNTS, LEVELS)
def test_wilson_holds_its_estimate_and_mirrors_failures(counts, confidence):
    successes, n = counts
    interval, mirrored = wilson(successes, n, confidence), wilson(n - successes, n, confidence)
    assert 0 <= interval.low <= interval.estimate <= interval.high <= 1
    assert interval.low < interval.high
    assert math.isclose(interval.low, 1 - mirrored.high, abs_tol=1e-9)


def test_wilson_of_nothing_is_unknown():
    interval = wilson(0, 0)
    assert math.isnan(interval.estimate)
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)


@pytest.mark.parametrize(("successes", "n", "confidence"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0), (1, 2, 0.0)])
def test_wilson_refuses_what_is_no_proportion(successes, n, confidence):
    with pytest.raises(OptionError):
        wilson(successes, n, confidence)


ITEMS = st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=40)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_with_one_answer_an_item_the_clustered_interval_is_wilsons(answers):
    assert clustered_proportion([[answer] for answer in answers]) == wilson(sum(answers), len(answers))


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(2, 6))
def test_repetitions_that_always_agree_add_nothing(answers, repetitions):
    once, again = wilson(sum(answers), len(answers)), clustered_proportion([[each] * repetitions for each in answers])
    assert math.isclose(once.low, again.low, abs_tol=1e-9)
    assert math.isclose(once.high, again.high, abs_tol=1e-9)


@given(ITEMS)
def test_the_effective_size_lies_between_items_and_answers_and_items_weigh_the_same(items):
    interval = clustered_proportion(items)
    assert len(items) - 1e-9 <= interval.n <= sum(map(len, items)) + 1e-9
    assert math.isclose(interval.estimate, np.mean([np.mean(item) for item in items]), abs_tol=1e-9)
    assert clustered_proportion([*items, []]) == interval


@pytest.mark.parametrize(("spread", "least"), [(0.0, 0.93), (0.3, 0.92), (0.5, 0.92)])
def test_the_clustered_interval_covers_the_truth_as_often_as_it_says(spread, least):
    """200 runs of 60 items × 5 repetitions, whose items' own accuracy is 0.6 ± spread, cut to [0, 1]."""
    chance, covered = random.Random(7), 0
    sample = lambda: min(1.0, max(0.0, 0.6 + chance.uniform(-spread, spread)))  # noqa: E731
    truth = np.mean([sample() for _ in range(100_000)])
    for _ in range(400):
        shares = [sample() for _ in range(60)]
        interval = clustered_proportion([[chance.random() < share for _ in range(5)] for share in shares])
        covered += interval.low <= truth <= interval.high
    assert covered / 400 >= least


@settings(max_examples=25)
@given(st.lists(st.integers(-1, 1).map(float), min_size=2, max_size=50), st.integers(0, 5))
def test_the_bootstrap_is_repeatable_and_stays_among_its_values(values, seed):
    interval = paired_bootstrap(values, resamples=500, seed=seed)
    assert interval == paired_bootstrap(values, resamples=500, seed=seed)
    assert min(values) <= interval.low <= interval.high <= max(values)
    assert math.isclose(interval.estimate, np.mean(values), abs_tol=1e-12)


def test_the_bootstrap_of_many_items_is_near_the_normal_interval():
    values = np.random.default_rng(3).normal(0.2, 1.0, 2000)
    interval, error = paired_bootstrap(values.tolist()), values.std(ddof=1) / math.sqrt(2000)
    assert interval.low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert interval.high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_the_bootstrap_of_too_little_is_unknown():
    assert math.isnan(paired_bootstrap([]).estimate)
    assert math.isnan(paired_bootstrap([1.0]).low)
    with pytest.raises(OptionError):
        paired_bootstrap([1.0, 2.0], resamples=0)


CELLS = st.tuples(*[st.integers(0, 60)] * 4).filter(any)


@given(CELLS, LEVELS)
def test_newcombe_holds_its_estimate_and_mirrors_when_the_programs_change_places(cells, confidence):
    both, gained, lost, neither = cells
    interval = newcombe_paired(both, gained, lost, neither, confidence)
    mirrored = newcombe_paired(both, lost, gained, neither, confidence)
    assert -1 <= interval.low <= interval.estimate <= interval.high <= 1
    assert interval.low < interval.high
    assert math.isclose(interval.low, -mirrored.high, abs_tol=1e-12)
    assert math.isclose(interval.estimate, (gained - lost) / sum(cells), abs_tol=1e-12)


def test_newcombe_of_uncorrelated_answers_is_that_of_two_independent_proportions():
    # 12 of 30 and 15 of 30 with both·neither = gained·lost: φ is 0
    interval = newcombe_paired(both=6, gained=9, lost=6, neither=9)
    low, high = confint_proportions_2indep(15, 30, 12, 30, method="newcomb", compare="diff")
    assert math.isclose(interval.low, low, abs_tol=1e-9)
    assert math.isclose(interval.high, high, abs_tol=1e-9)


@pytest.mark.parametrize("cells", [(0.4, 0.2, 0.1, 0.3), (0.05, 0.9, 0.0, 0.05), (0.5, 0.1, 0.08, 0.32)])
@pytest.mark.parametrize("n", [10, 40, 200])
def test_newcombe_covers_the_true_difference_about_as_often_as_it_says(n, cells):
    draws = np.random.default_rng(0).multinomial(n, cells, size=1000)
    intervals = [newcombe_paired(*map(int, draw)) for draw in draws]
    covered = np.mean([each.low <= cells[1] - cells[2] <= each.high for each in intervals])
    assert covered >= 0.93


def test_newcombe_refuses_negative_counts():
    with pytest.raises(OptionError, match="-1"):
        newcombe_paired(1, -1, 0, 0)
