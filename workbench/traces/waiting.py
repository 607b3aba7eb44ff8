"""Waiting for work that must not be cut short, and for the interrupt that comes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["whole"]

Result = TypeVar("Result")


def whole(work: Callable[[], Result]) -> Result:
    """Does the work to its end; an interrupt that comes meanwhile is raised when it has ended.

    In a thread of its own, because DuckDB imports pandas, where it is installed, in the middle of a statement, and an
    interrupt that comes then would be taken for an import that failed, and be lost. Only the main thread is
    interrupted: others do the work themselves.

    Example:
        >>> whole(lambda: 1 + 1)
        2
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    results: list[Result] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - goes to the thread that waits
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, name="workbench-fold", daemon=True).start()
    interrupt: BaseException | None = None
    while not done.is_set():
        try:
            done.wait(0.1)  # in turns, so that a signal that another thread took is seen
        except BaseException as error:  # noqa: BLE001 - raised below
            interrupt = interrupt or error
    if interrupt is not None:
        raise interrupt
    if errors:
        raise errors[0]
    return results[0]
