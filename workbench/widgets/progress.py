"""A progress bar for long work: how much is done, what it cost so far, how long it will take, and a live curve."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, final

from workbench.errors import OptionError
from workbench.models.controls import left_usd
from workbench.widgets.theme import price

__all__ = ["ProgressBar", "progress_html", "progress_text"]

_EVERY_SECONDS: Final = 0.1
_MOST: Final = 2000  # points of a curve that are kept


@dataclass(frozen=True, slots=True)
class _News:
    """Where some work stands.

    Args:
        done: pieces that are done; a part of the one under way counts as that part.
        total: of all.
        noun: what a piece is.
        words: what else is to say.
        line: which line of the curve the point belongs to; None adds none.
        point: step and value.
        value_name: what the curve shows.
    """

    done: float
    total: float
    noun: str
    words: str = ""
    line: str | None = None
    point: tuple[float, float] = (0, 0)
    value_name: str = ""


def progress_text(done: float, total: float, spent_usd: float | None, seconds: float) -> str:
    """One line.

    Example:
        >>> progress_text(30, 120, 0.02, 10.0)
        '30 of 120 answers, $0.02, 10 s, about 30 s to go'
    """
    cost = "unknown cost" if spent_usd is None else price(spent_usd)
    return _line(_News(done, total, "answers", cost), seconds)


def progress_html(done: float, total: float, spent_usd: float | None, seconds: float) -> str:
    """A bar with the same line beside it."""
    return _bar(done, total, progress_text(done, total, spent_usd, seconds))


@final
class ProgressBar:
    """Shows how far long work is, at most ten times a second.

    `await evaluate.run(..., progress=ProgressBar())` counts answers, with the money spent and what a bound leaves;
    `continual.run(..., progress=…)` tasks with the accuracy on them, `training.train(..., report=…)` steps with the
    loss. In plain IPython and in scripts, where an output cannot be replaced, it shows only the end.

    Args:
        show: puts a first bundle of MIME types on the page and returns what replaces it; by default the notebook's.
        clock: seconds, for tests.
    """

    def __init__(
        self, show: Callable[[dict[str, str]], Any] | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._show = show or _notebook
        self._clock = clock
        self._begun = clock()
        self._shown_at: float | None = None
        self._replace: Callable[[dict[str, str]], Any] | None = None
        self._curve: dict[str, list[tuple[float, float]]] = {}

    def __call__(self, *given: Any) -> None:
        """The work's news: `(done, total, spent_usd)`, or a progress of training or of continual learning.

        Raises:
            OptionError: news of another form.
        """
        news = _read(given)
        if news.line is not None:
            line = self._curve.setdefault(news.line, [])
            line.append(news.point)
            if len(line) > _MOST:
                del line[1::2]
        now = self._clock()
        is_end = news.done >= news.total
        if not is_end and self._shown_at is not None and now - self._shown_at < _EVERY_SECONDS:
            return
        if self._replace is None and self._show is _notebook and not is_end and not _in_kernel():
            return
        self._shown_at = now
        if news.noun == "answers" and (left := left_usd()) is not None:
            news = replace(news, words=f"{news.words}, {price(left)} left")
        bundle = self._bundle(news, now - self._begun)
        if self._replace is None:
            self._replace = self._show(bundle)
        else:
            self._replace(bundle)

    def _bundle(self, news: _News, seconds: float) -> dict[str, str]:
        text = _line(news, seconds)
        drawn = _bar(news.done, news.total, text)
        if any(len(line) > 1 for line in self._curve.values()):
            from workbench.widgets.svg import lines, picture

            across = "step" if news.noun == "steps" else "task"
            drawn += f"<div>{picture(lines(self._curve, across, news.value_name), f'{news.value_name} so far')}</div>"
        return {"text/html": drawn, "text/plain": text}


def _read(given: tuple[Any, ...]) -> _News:
    """What the given news say, whoever sends them; their classes are not imported, because they bring JAX."""
    match given:
        case (int(done), int(total), None | int() | float() as spent):
            return _News(done, total, "answers", "unknown cost" if spent is None else price(spent))
        case (one, *_) if hasattr(one, "steps") and hasattr(one, "loss"):
            words = f"loss {one.loss:.4g}, {one.tokens_per_second:,.0f} tokens a second"
            return _News(one.step, one.steps, "steps", words, "loss", (one.step, one.loss), "loss")
        case (one, *_) if hasattr(one, "strategy") and hasattr(one, "accuracy"):
            done = min(one.done + (one.share if one.share < 1 else 0), one.total)
            who = f"{one.strategy}, seed {one.seed}"
            if not one.accuracy:
                return _News(done, one.total, "tasks", who)
            learned = one.accuracy[: one.task + 1]
            mean = sum(learned) / len(learned)
            words = f"{who}: {mean:.3f} on the tasks so far"
            return _News(done, one.total, "tasks", words, who, (one.task, mean), "accuracy on the tasks so far")
        case _:
            raise OptionError(
                f"ProgressBar was given {given!r}.",
                hint="progress=ProgressBar() of evaluate.run or continual.run, report=ProgressBar() of training.train",
            )


def _line(news: _News, seconds: float) -> str:
    left = seconds / news.done * (news.total - news.done) if 0 < news.done < news.total else None
    to_go = "" if left is None else f", about {left:.0f} s to go"
    words = f", {news.words}" if news.words else ""
    return f"{int(news.done):,} of {int(news.total):,} {news.noun}{words}, {seconds:.0f} s{to_go}"


def _bar(done: float, total: float, text: str) -> str:
    return (
        f'<progress max="{total:g}" value="{done:g}" aria-label="done" style="width:16em"></progress> '
        f'<span role="status" style="color:inherit">{html.escape(text)}</span>'
    )


def _in_kernel() -> bool:
    from IPython.core.getipython import get_ipython

    return hasattr(get_ipython(), "kernel")


def _notebook(bundle: dict[str, str]) -> Callable[[dict[str, str]], Any]:
    from IPython.display import display

    handle = display(bundle, raw=True, display_id=True)
    return lambda new: handle.update(new, raw=True) if handle is not None else None
