"""Metrics on matrices made by hand, intervals against a textbook, differences in pairs."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from workbench.continual.metrics import (
    FORGETTING,
    MATRIX,
    average_accuracy,
    backward_transfer,
    differences,
    flips,
    forgetting,
    forward_transfer,
    incremental_accuracy,
    intransigence,
    per_seed,
    summarise,
    t_interval,
)

R = np.array([[0.9, 0.1, 0.0], [0.5, 0.8, 0.2], [0.7, 0.9, 1.0]])
MATRICES = st.integers(2, 5).flatmap(lambda tasks: arrays(float, (tasks, tasks), elements=st.floats(0, 1)))


def frame(cells):
    rows = [
        (strategy, seed, step, task, matrix[step][task])
        for (strategy, seed), matrix in cells.items()
        for step in range(len(matrix))
        for task in range(len(matrix))
    ]
    return pl.DataFrame(rows, schema=MATRIX, orient="row")


def test_a_matrix_by_hand():
    assert average_accuracy(R) == pytest.approx((0.7 + 0.9 + 1.0) / 3)
    assert forgetting(R) == pytest.approx(((0.9 - 0.7) + (0.8 - 0.9)) / 2)
    assert backward_transfer(R) == pytest.approx(((0.7 - 0.9) + (0.9 - 0.8)) / 2)


def test_forgetting_looks_for_the_best_in_all_rows_before_the_last():
    improved = np.array([[0.5, 0.0, 0.0], [0.9, 0.5, 0.0], [0.6, 0.5, 0.5]])
    assert forgetting(improved) == pytest.approx((0.9 - 0.6 + 0.0) / 2)
    assert backward_transfer(improved) == pytest.approx((0.6 - 0.5 + 0.0) / 2)


def test_one_task_has_an_accuracy_and_nothing_else():
    one = np.array([[0.8]])
    assert average_accuracy(one) == 0.8
    assert math.isnan(forgetting(one))
    assert math.isnan(backward_transfer(one))
    summary = summarise(per_seed(frame({("naive", 0): one, ("naive", 1): one})))
    assert summary.filter(measure="forgetting").select("value", "reason").row(0) == (None, "undefined for one task")


@given(MATRICES)
def test_forgetting_is_at_least_minus_the_backward_transfer(matrix):
    assert forgetting(matrix) >= -backward_transfer(matrix) - 1e-12


@given(MATRICES)
def test_measures_lie_in_their_ranges(matrix):
    assert 0 <= average_accuracy(matrix) <= 1
    assert -1 <= forgetting(matrix) <= 1
    assert -1 <= backward_transfer(matrix) <= 1


def test_the_interval_is_student_s():
    values = [0.81, 0.85, 0.9, 0.88]
    interval = t_interval(values)
    low, high = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
    assert (interval.value, interval.low, interval.high) == pytest.approx((np.mean(values), low, high))
    assert interval.n == 4
    assert t_interval(values, 0.99).low < interval.low


def test_an_interval_of_seeds_stays_within_what_the_measure_can_be():
    learned, kept = np.array([[1.0, 0.0], [0.0, 0.9]]), np.array([[1.0, 0.0], [0.98, 1.0]])
    summary = summarise(per_seed(frame({("naive", 0): learned, ("naive", 1): kept})))
    bounds = {row["measure"]: (row["low"], row["high"]) for row in summary.iter_rows(named=True)}
    assert bounds == {"average_accuracy": (0.0, 1.0), "forgetting": (-1.0, 1.0), "backward_transfer": (-1.0, 1.0)}
    same = summarise(per_seed(frame({("naive", 0): kept, ("naive", 1): kept + 0.002})))
    low, high = same.filter(measure="average_accuracy").select("low", "high").row(0)
    assert low == pytest.approx(stats.t.interval(0.95, 1, loc=0.991, scale=0.001)[0])
    assert high == 1


def test_the_interval_covers_the_mean_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(0.5, 0.1, size=(4000, 3))
    intervals = [t_interval(row) for row in draws]
    share = np.mean([interval.low <= 0.5 <= interval.high for interval in intervals])
    assert 0.94 < share < 0.96


def test_what_is_unknown_is_missing_with_its_reason():
    one, none = t_interval([0.5]), t_interval([])
    assert (one.value, one.low, one.high, one.reason) == (0.5, None, None, "one seed has no interval")
    assert (none.value, none.low, none.n, none.reason) == (None, None, 0, "no seed finished")


def test_differences_are_paired_by_seed():
    def matrix(accuracy):
        return np.full((2, 2), accuracy)

    cells = {("naive", seed): matrix(value) for seed, value in enumerate([0.1, 0.5, 0.9])}
    cells |= {("replay", seed): matrix(value + 0.05) for seed, value in enumerate([0.1, 0.5, 0.9])}
    measures = per_seed(frame(cells))
    row = differences(measures, "naive").filter(measure="average_accuracy").row(0, named=True)
    assert (row["strategy"], row["baseline"], row["seeds"]) == ("replay", "naive", 3)
    assert (row["value"], row["low"], row["high"]) == pytest.approx((0.05, 0.05, 0.05))
    assert summarise(measures)["high"].max() > 0.9  # the seeds themselves vary far more

    del cells["naive", 1]
    row = differences(per_seed(frame(cells)), "naive").filter(measure="average_accuracy").row(0, named=True)
    assert row["seeds"] == 2  # a seed that one side lacks is no pair


def test_the_order_of_a_frame_does_not_matter():
    measures = frame({("naive", 0): R})
    assert per_seed(measures.sample(fraction=1, shuffle=True, seed=1)).equals(per_seed(measures))


@given(MATRICES)
def test_each_library_s_forgetting_is_what_its_name_says(matrix):
    assert FORGETTING["forgetting (RWalk)"](matrix) == forgetting(matrix)
    assert FORGETTING["forgetting (Avalanche)"](matrix) == pytest.approx(-backward_transfer(matrix))
    assert FORGETTING["forgetting (Mammoth)"](matrix) == pytest.approx(
        np.mean([max(0.0, (matrix[:-1, j] - matrix[-1, j]).max()) for j in range(len(matrix) - 1)])
    )
    assert FORGETTING["forgetting (SequeL)"](matrix) == -FORGETTING["forgetting (Mammoth)"](matrix)


@given(MATRICES, st.randoms())
def test_flips_explain_the_change_of_accuracy(matrix, random):
    tasks, rows = len(matrix), 8
    correct = np.random.default_rng(random.randrange(1000)).random((tasks, tasks, rows)) < matrix[..., None]
    counts = np.full(tasks, rows)
    negative, positive = flips(correct, counts)
    for i in range(1, tasks):
        change = (correct[i, :i].sum() - correct[i - 1, :i].sum()) / (i * rows)
        assert positive[i - 1] - negative[i - 1] == pytest.approx(change)


def test_measures_against_a_reference_by_hand():
    assert incremental_accuracy(R) == pytest.approx((0.9 + (0.5 + 0.8) / 2 + (0.7 + 0.9 + 1.0) / 3) / 3)
    assert forward_transfer(R, np.array([0.1, 0.2, 0.3])) == pytest.approx(((0.1 - 0.2) + (0.2 - 0.3)) / 2)
    assert intransigence(R, np.ones((3, 3))) == pytest.approx((0.1 + 0.2 + 0.0) / 3)
    assert intransigence(R, R) == 0
    assert math.isnan(forward_transfer(np.array([[0.8]]), np.array([0.1])))
