"""Ranks of systems over many tasks, of which each system may have run only some."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.errors import DataError, OptionError
from workbench.evaluate.statistics.interval import Interval, unknown
from workbench.evaluate.statistics.mean import mean_interval

__all__ = ["Ranked", "rank_aggregate"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where a system stands.

    Args:
        system: its name.
        wins: the mean over the tasks it ran of the share of the others there that it beats (a tie is half), with its
            interval over tasks.
        rank: 1 is the best by `wins`; with its interval over tasks, which holds the truth in more than 95 % of all
            cases because ranks are whole numbers.
        tasks: how many it ran with another system.
    """

    system: str
    wins: Interval
    rank: Interval
    tasks: int


def rank_aggregate(
    cells: Mapping[str, Mapping[str, float]], *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> list[Ranked]:
    """Ranks by the mean share of other systems that one beats on a task, the best first.

        w(s, t) = mean over the others u that ran t of [s > u] + ½[s = u];   w(s) = mean of w(s, t) over the tasks of s

    Only the order on each task counts, so that tasks need no common scale, and a cell that is missing is left out and
    not taken for a loss. The interval of w(s) is Student's over tasks, that of the rank the percentiles over tasks that
    are drawn again.

    Args:
        cells: for each task the scores of the systems that ran it; higher is better.
        confidence: between 0 and 1.
        resamples: how often the tasks are drawn again.
        seed: of the draws.

    Returns:
        the best first; NaN ends for fewer than two tasks.

    Raises:
        DataError: no task has two systems, or a score is not a number.
        OptionError: a number out of range.

    Example:
        >>> found = rank_aggregate({"t1": {"a": 0.9, "b": 0.5}, "t2": {"a": 0.7, "b": 0.2, "c": 0.3}})
        >>> [(each.system, each.rank.estimate) for each in found]
        [('a', 1.0), ('c', 2.0), ('b', 3.0)]

    Reference: Colombo et al., "What are the best systems? New perspectives on NLP Benchmarking", arXiv 2202.03799
    (Borda's count over tasks).

    Departures: shares in place of points, so that tasks with fewer systems count the same; missing cells.
    """
    if not 0 < confidence < 1 or resamples < 1:
        raise OptionError(
            f"rank_aggregate was given confidence={confidence!r}, resamples={resamples!r}; "
            "allowed are a confidence between 0 and 1, and 1 or more resamples."
        )
    tasks = [scores for scores in cells.values() if len(scores) > 1]
    if not tasks or any(math.isnan(score) for scores in tasks for score in scores.values()):
        raise DataError(
            "rank_aggregate needs a task with two systems or more, and no NaN.", hint="leave unknown cells out."
        )
    systems = sorted({system for scores in tasks for system in scores})
    shares = np.array([[_share(scores, system) for system in systems] for scores in tasks])
    wins = _means(shares[None])
    generator = np.random.default_rng(seed)
    drawn = _means(shares[generator.integers(0, len(tasks), (resamples, len(tasks)))])
    ranks = _ranks(drawn)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    counts = (~np.isnan(shares)).sum(axis=0)
    found: list[Ranked] = []
    for place, (system, rank) in enumerate(zip(systems, _ranks(wins)[0], strict=True)):
        count, column = int(counts[place]), shares[:, place]
        if count < 2:
            few = "fewer than two tasks"
            won = unknown(few, estimate=float(wins[0, place]), n=count, confidence=confidence)
            stands = unknown(few, estimate=float(rank), n=count, confidence=confidence)
        else:
            won = mean_interval(column[~np.isnan(column)].tolist(), confidence, bounds=(0.0, 1.0))
            low, high = np.quantile(ranks[~np.isnan(ranks[:, place]), place], tails)
            stands = Interval(float(rank), float(low), float(high), count, confidence)
        found.append(Ranked(system, won, stands, count))
    return sorted(found, key=lambda each: (each.rank.estimate, each.system))


def _share(scores: Mapping[str, float], system: str) -> float:
    if system not in scores:
        return math.nan
    others = [score for name, score in scores.items() if name != system]
    mine = scores[system]
    return sum((mine > other) + 0.5 * (mine == other) for other in others) / len(others)


def _means(shares: np.ndarray) -> np.ndarray:
    """Means over tasks of (draws, tasks, systems), without those that a system did not run."""
    known = ~np.isnan(shares)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, shares, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _ranks(wins: np.ndarray) -> np.ndarray:
    """Of (draws, systems), 1 for the most wins, ties sharing their mean rank; a system that was not drawn has none."""
    with np.errstate(invalid="ignore"):
        above = (wins[:, None, :] > wins[:, :, None]).sum(axis=2)
        same = (wins[:, None, :] == wins[:, :, None]).sum(axis=2)
    return np.where(np.isnan(wins), np.nan, above + (same + 1) / 2)
