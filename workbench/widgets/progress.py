"""A progress bar for a run: how much is done, what it cost so far, how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, final

from workbench.widgets.theme import price

__all__ = ["ProgressBar", "progress_html", "progress_text"]

_EVERY_SECONDS: Final = 0.1


def progress_text(done: int, total: int, spent_usd: float | None, seconds: float) -> str:
    """One line.

    Example:
        >>> progress_text(30, 120, 0.02, 10.0)
        '30 of 120 answers, $0.02, 10 s, about 30 s to go'
    """
    cost = "unknown cost" if spent_usd is None else price(spent_usd)
    left = f", about {seconds / done * (total - done):.0f} s to go" if 0 < done < total else ""
    return f"{done:,} of {total:,} answers, {cost}, {seconds:.0f} s{left}"


def progress_html(done: int, total: int, spent_usd: float | None, seconds: float) -> str:
    """A bar with the same line beside it."""
    return (
        f'<progress max="{total}" value="{done}" aria-label="answers done" style="width:16em"></progress> '
        f'<span role="status" style="color:inherit">{progress_text(done, total, spent_usd, seconds)}</span>'
    )


@final
class ProgressBar:
    """Shows a run's progress in a notebook, at most ten times a second; `await run(..., progress=ProgressBar())`.

    In plain IPython and in scripts, where an output cannot be replaced, it shows only the end.

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

    def __call__(self, done: int, total: int, spent_usd: float | None) -> None:
        """The run's news: answers done, all, spent so far (None where unknown)."""
        now = self._clock()
        if done < total and self._shown_at is not None and now - self._shown_at < _EVERY_SECONDS:
            return
        if self._replace is None and self._show is _notebook and done < total and not _in_kernel():
            return
        self._shown_at = now
        given = (done, total, spent_usd, now - self._begun)
        bundle = {"text/html": progress_html(*given), "text/plain": progress_text(*given)}
        if self._replace is None:
            self._replace = self._show(bundle)
        else:
            self._replace(bundle)


def _in_kernel() -> bool:
    from IPython.core.getipython import get_ipython

    return hasattr(get_ipython(), "kernel")


def _notebook(bundle: dict[str, str]) -> Callable[[dict[str, str]], Any]:
    from IPython.display import display

    handle = display(bundle, raw=True, display_id=True)
    return lambda new: handle.update(new, raw=True) if handle is not None else None
