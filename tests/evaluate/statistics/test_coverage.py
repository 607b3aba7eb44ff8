"""Intervals hold the truth about as often as they say: nominal 95 % within 93–97 % over 2,000 trials."""

import math

import numpy as np
import pytest
from scipy import stats

from workbench.evaluate.statistics import (
    Game,
    bradley_terry,
    clopper_pearson,
    clustered_proportion,
    correlation,
    mean_interval,
    newcombe_paired,
    pass_at_k,
    quantile_interval,
    rank_aggregate,
    ratio_interval,
    wilson,
)

TRIALS = 2000
SIZES = [5, 10, 20, 50, 100, 200, 500]


def share(verdicts):
    verdicts = list(verdicts)
    assert len(verdicts) == TRIALS
    return sum(verdicts) / TRIALS


def held(interval, truth):
    """An end that is unknown bounds nothing."""
    return not (interval.low > truth or interval.high < truth)


@pytest.mark.parametrize("n", SIZES)
def test_wilson_covers_as_it_says_over_all_accuracies(n):
    chance = np.random.default_rng(n)
    truths = chance.uniform(size=TRIALS)
    covered = share(held(wilson(int(chance.binomial(n, truth)), n), truth) for truth in truths)
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize("n", [5, 20, 100, 500])
@pytest.mark.parametrize("truth", [0.01, 0.1, 0.5, 0.93])
def test_clopper_pearson_never_covers_less_than_it_says(n, truth):
    """Counted out over all results, not drawn."""
    covered = sum(
        math.comb(n, x) * truth**x * (1 - truth) ** (n - x) for x in range(n + 1) if held(clopper_pearson(x, n), truth)
    )
    assert covered >= 0.95 - 1e-9


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("repetitions", [3, 10])
def test_the_clustered_interval_covers_as_it_says(n, repetitions):
    """Each item has an accuracy of its own, drawn from a beta distribution whose mean is the truth."""
    chance = np.random.default_rng([n, repetitions])

    def trial():
        truth, spread = chance.uniform(0.1, 0.9), chance.uniform(0.5, 5)
        shares = chance.beta(truth * spread, (1 - truth) * spread, n)
        rows = chance.uniform(size=(n, repetitions)) < shares[:, None]
        return held(clustered_proportion(rows.tolist()), truth)

    # with few items the spread between them is hardly known, and the correction for that errs on the wide side
    assert 0.93 <= share(trial() for _ in range(TRIALS)) <= (0.99 if n == 5 else 0.97)


SCORES = {
    "normal": (lambda chance, n: chance.normal(0.3, 1.0, n), 0.3, None),
    "uniform": (lambda chance, n: chance.uniform(0, 1, n), 0.5, (0.0, 1.0)),
    "shares of 5": (lambda chance, n: chance.binomial(5, chance.beta(2, 1, n)) / 5, 2 / 3, (0.0, 1.0)),
    "differences": (lambda chance, n: chance.uniform(0, 1, n) - chance.uniform(0, 0.8, n), 0.1, (-1.0, 1.0)),
}


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", SCORES)
def test_the_mean_of_scores_is_covered_as_it_says(kind, n):
    draw, truth, bounds = SCORES[kind]
    chance = np.random.default_rng([n, len(kind)])
    covered = share(held(mean_interval(draw(chance, n), bounds=bounds), truth) for _ in range(TRIALS))
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize("n", [20, 50, 100, 200, 500])
def test_the_mean_of_skewed_values_is_covered_with_the_correction_and_less_without(n):
    chance = np.random.default_rng(n)
    drawn = [chance.exponential(1.0, n) for _ in range(TRIALS)]
    corrected = share(held(mean_interval(x, skewed=True), 1.0) for x in drawn)
    assert 0.93 <= corrected <= 0.97
    assert corrected >= share(held(mean_interval(x), 1.0) for x in drawn) - 0.01


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("q", [0.5, 0.95])
def test_quantiles_of_latency_are_covered_at_least_as_they_say_and_nearly_so_where_they_have_both_ends(n, q):
    chance = np.random.default_rng([n, int(q * 100)])
    truth = math.exp({0.5: 0.0, 0.95: 1.6448536269514722}[q])
    intervals = [quantile_interval(chance.lognormal(0, 1, n), q) for _ in range(TRIALS)]
    covered = share(held(each, truth) for each in intervals)
    assert covered >= 0.93
    if all(each.why is None for each in intervals):
        assert covered <= 0.97


@pytest.mark.parametrize("n", SIZES)
def test_the_paired_difference_is_covered_as_it_says_over_all_pairs_of_accuracies(n):
    chance = np.random.default_rng(n)

    def trial():
        cells = chance.dirichlet((1.0, 1.0, 1.0, 1.0))
        return held(newcombe_paired(*map(int, chance.multinomial(n, cells))), cells[1] - cells[2])

    assert 0.93 <= share(trial() for _ in range(TRIALS)) <= 0.97


@pytest.mark.parametrize("n", [20, 50, 100, 200, 500])
def test_the_cost_of_a_solved_item_is_covered_as_it_says(n):
    chance = np.random.default_rng(n)

    def trial():
        solved = chance.uniform(size=n) < 0.6
        cost = chance.gamma(4.0, 0.01, n) * np.where(solved, 1.0, 1.5)
        return held(ratio_interval(cost, solved), 0.04 * (0.6 + 0.4 * 1.5) / 0.6)

    assert 0.93 <= share(trial() for _ in range(TRIALS)) <= 0.97


@pytest.mark.parametrize("n", SIZES)
def test_pass_at_k_is_covered_as_it_says(n):
    chance, k = np.random.default_rng(n), 2

    def trial():
        shares = chance.beta(1.0, 1.0, n)
        rows = (chance.uniform(size=(n, 6)) < shares[:, None]).tolist()
        return held(pass_at_k(rows, k), 2 / 3)  # the mean of 1 − (1 − p)² over all p

    assert (0.92 if n == 5 else 0.93) <= share(trial() for _ in range(TRIALS)) <= 0.97


@pytest.mark.parametrize("n", [10, 50, 500])
@pytest.mark.parametrize("coefficient", ["pearson", "spearman", "kendall"])
def test_correlations_of_normal_scores_are_covered_as_they_say(coefficient, n):
    chance, r = np.random.default_rng([n, len(coefficient)]), 0.5
    truth = {"pearson": r, "spearman": 6 / math.pi * math.asin(r / 2), "kendall": 2 / math.pi * math.asin(r)}

    def trial():
        x, e = chance.normal(size=(2, n))
        return held(correlation(x, r * x + math.sqrt(1 - r * r) * e, coefficient), truth[coefficient])

    assert 0.93 <= share(trial() for _ in range(TRIALS)) <= 0.97


def test_differences_of_ratings_are_covered_as_they_say_from_sparse_games():
    """Six players around a ring, 96 games: half of the pairs never meet."""
    chance = np.random.default_rng(100)
    strengths = np.array([0.9, 0.5, 0.2, -0.1, -0.5, -1.0])
    pairs = [(i, (i + step) % 6) for i in range(6) for step in (1, 2)]

    def trial():
        played = []
        for i, j in chance.permutation(pairs * 8):
            won = chance.uniform() < 1 / (1 + math.exp(strengths[j] - strengths[i]))
            played.append(Game(f"p{i}", f"p{j}", float(won)))
        found = bradley_terry(played).difference("p0", "p3")
        return held(found, 400 / math.log(10) * (strengths[0] - strengths[3]))

    assert 0.93 <= share(trial() for _ in range(TRIALS)) <= 0.97


@pytest.mark.parametrize("tasks", [5, 20, 50])
def test_shares_of_wins_are_covered_as_they_say_and_ranks_at_least_so(tasks):
    """Four systems on tasks without a common scale; 500 trials give 2,000 intervals of each kind."""
    chance = np.random.default_rng(tasks)
    better, systems = 0.5 * np.arange(4), 4
    beats = np.array([[stats.norm.cdf((a - b) / math.sqrt(2)) for b in better] for a in better])
    truths = (beats.sum(axis=1) - 0.5) / (systems - 1)
    won, stood = [], []
    for _ in range(TRIALS // systems):
        drawn = chance.normal(better, 1, (tasks, systems))
        cells = {f"t{t}": {str(s): score for s, score in enumerate(row)} for t, row in enumerate(drawn.tolist())}
        for each in rank_aggregate(cells, resamples=200):
            won.append(held(each.wins, truths[int(each.system)]))
            stood.append(held(each.rank, systems - int(each.system)))
    assert 0.93 <= share(won) <= 0.97
    assert share(stood) >= 0.95
