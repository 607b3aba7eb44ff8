"""A difference that a method makes, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, t

from workbench.messages import Json

__all__ = ["Effect", "change", "paired", "unknown"]


@dataclass(frozen=True, slots=True)
class Effect:
    """A paired difference with its 95 % interval.

    Args:
        name: what is compared.
        about: how, in a line.
        before: the baseline's mean.
        after: the other's.
        low: of the difference.
        high: of the difference.
        n: pairs.
        p: of an exact test of no difference; None where it is no share.
        unit: `share`, of which more is better, or `calls`, `seconds` or `ratio`, of which less is.
        why: why it could not be measured; the figures are then NaN.
    """

    name: str
    about: str
    before: float
    after: float
    low: float
    high: float
    n: int
    p: float | None = None
    unit: str = "share"
    why: str = ""

    def json(self) -> dict[str, Json]:
        """The figure in the shape that every measuring command prints."""
        if self.why:
            return {"figure": self.name, "value": None, "unit": self.unit, "why": self.why}
        body: dict[str, Json] = {"figure": self.name, "value": round(self.after - self.before, 5), "unit": self.unit}
        if not math.isnan(self.low):
            body |= {"low": round(self.low, 5), "high": round(self.high, 5)}
        body |= {"n": self.n, "before": round(self.before, 5), "after": round(self.after, 5), "shown": self.shown}
        return body if self.p is None else body | {"mcnemar_p": float(f"{self.p:.3g}")}

    @property
    def shown(self) -> bool:
        """Whether it is better, and the interval leaves out no difference."""
        return self.low > 0 if self.unit == "share" else self.high < 0

    @property
    def reversed(self) -> bool:
        """Whether it is worse, and the interval leaves out no difference."""
        return self.high < 0 if self.unit == "share" else self.low > 0


def paired(name: str, about: str, before: Sequence[bool], after: Sequence[bool]) -> Effect:
    """The difference of two shares of the same problems.

    With b and c the problems that one alone and the other alone got right, n all of them, and half a problem added to
    each of the four cells: d = (c − b)/(n + 2), and d ± z √(b + c − (c − b)²/(n + 2))/(n + 2).

    Example:
        >>> effect = paired("x", "", [True] * 50 + [False] * 50, [True] * 90 + [False] * 10)
        >>> round(effect.low, 2), round(effect.high, 2)
        (0.3, 0.49)

    Reference: A. Agresti, Y. Min. Simple improved confidence intervals for comparing matched proportions. Statistics
    in Medicine 24, 2005. The test is McNemar's, exact.
    """
    n = len(before)
    lost = sum(a and not b for a, b in zip(before, after, strict=True))
    won = sum(b and not a for a, b in zip(before, after, strict=True))
    b, c, total = lost + 0.5, won + 0.5, n + 2
    middle, spread = (c - b) / total, 1.96 * math.sqrt(b + c - (c - b) ** 2 / total) / total
    p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    low, high = max(middle - spread, -1.0), min(middle + spread, 1.0)
    return Effect(name, about, sum(before) / n, sum(after) / n, low, high, n, p)


def change(name: str, about: str, before: Sequence[float], after: Sequence[float], unit: str) -> Effect:
    """The mean of paired differences, with Student's interval; of a single pair it is unknown.

    Example:
        >>> effect = change("x", "", [4.0, 4.0, 4.0], [2.0, 2.0, 3.0], "calls")
        >>> round(effect.low, 2), round(effect.high, 2)
        (-3.1, -0.23)
    """
    n, differences = len(before), np.subtract(after, before)
    middle = float(differences.mean())
    spread = float(t.ppf(0.975, n - 1) * differences.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan
    means = float(np.mean(before)), float(np.mean(after))
    return Effect(name, about, *means, middle - spread, middle + spread, n, unit=unit)


def unknown(name: str, about: str, why: str) -> Effect:
    """An effect that could not be measured, and why."""
    return Effect(name, about, math.nan, math.nan, math.nan, math.nan, 0, why=why)
