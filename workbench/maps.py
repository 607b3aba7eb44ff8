"""Map: run one program over many cases, bounded; the local one is the default."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from workbench.errors import OptionError

__all__ = ["LocalMap", "Map", "Outcome"]

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """What became of one case: its place in the input and either a value or the exception that it raised."""

    index: int
    value: Result | None = None
    error: Exception | None = None


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
        async def one(index: int, case: Item) -> Outcome[Result]:
            try:
                return Outcome(index, value=await program(case))
            except Exception as error:  # carried to the caller in the outcome, never swallowed
                return Outcome(index, error=error)

        waiting = enumerate(cases)
        running: set[asyncio.Task[Outcome[Result]]] = set()
        try:
            while True:
                while len(running) < self.concurrency and (pair := next(waiting, None)) is not None:
                    running.add(asyncio.create_task(one(*pair)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
