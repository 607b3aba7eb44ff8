"""Map: run one program over many cases, bounded; the local one is the default."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from workbench.errors import OptionError, WorkbenchError

__all__ = ["LocalMap", "Map", "Outcome"]

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """What became of one case: its place in the input and either a value or the exception that it raised."""

    index: int
    value: Result | None = None
    error: Exception | None = None

    def result(self) -> Result:
        """The value, or the exception raised again."""
        if self.error is not None:
            raise self.error
        return self.value  # pyright: ignore[reportReturnType] - a program may rightly return None


class Map(Protocol):
    """Runs a program over cases and yields each outcome as it comes, in no particular order."""

    def __call__(
        self, program: Callable[[Item], Awaitable[Result]], cases: Iterable[Item]
    ) -> AsyncIterator[Outcome[Result]]: ...


@dataclass(frozen=True, slots=True)
class LocalMap:
    """Runs cases in this process's event loop, at most `concurrency` at a time.

    Cases are taken from the iterable only as places fall free. Leaving the loop early, or cancelling it, cancels the
    cases under way and waits for them to end.

    Raises:
        OptionError: a concurrency below 1.
    """

    concurrency: int = 8

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise OptionError(f"A map was given concurrency={self.concurrency!r}; allowed is 1 or more.")

    async def __call__(
        self, program: Callable[[Item], Awaitable[Result]], cases: Iterable[Item]
    ) -> AsyncIterator[Outcome[Result]]:
        waiting = enumerate(cases)
        running: dict[asyncio.Future[Result], int] = {}
        try:
            while True:
                while len(running) < self.concurrency and (pair := next(waiting, None)) is not None:
                    running[asyncio.ensure_future(program(pair[1]))] = pair[0]
                if not running:
                    return
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield _outcome(running.pop(task), task)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def _outcome(index: int, task: asyncio.Future[Result]) -> Outcome[Result]:
    if task.cancelled():
        return Outcome(index, error=WorkbenchError(f"Case {index} was cancelled from inside."))
    error = task.exception()
    if error is None:
        return Outcome(index, value=task.result())
    if isinstance(error, Exception):
        return Outcome(index, error=error)
    raise error
