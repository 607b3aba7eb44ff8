"""The tries of one call at a provider: a place for each, a wait between two, and what the call fails with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, final

from workbench.models.hosted_failure import Failure, failure_of
from workbench.models.limits import is_too_many, limit_of
from workbench.models.model import Attempt, CallError, Settings
from workbench.models.providers import Provider
from workbench.models.retry import Retries
from workbench.models.waiting import Wait, tell_wait
from workbench.traces import redact

__all__ = ["Tries"]

_OVER_SECONDS: Final = 0.05  # less is no time for another try: the call's own deadline is over
_TOLD_SECONDS: Final = 0.5  # a shorter pause for all is over before anyone has read of it


@final
class Tries:
    """Counts and times the tries of one call; its deadline covers them all, with the waits for places and between.

    Args:
        name: the model's, `provider:model`.
        provider: whose model it is.
        retries: how often and how patiently to try again.
        settings: with the call's timeouts.
        url: where it is asked.
        status: holds the HTTP status of the last response, as the SDK's hook notes it.
    """

    def __init__(
        self,
        name: str,
        provider: Provider,
        retries: Retries,
        settings: Settings,
        url: str | None,
        status: ContextVar[int | None],
    ) -> None:
        self._name = name
        self._provider = provider
        self._retries = retries
        self._url = url
        self._status = status
        self._chunk_seconds = settings.chunk_timeout_seconds
        self._seconds = settings.timeout_seconds
        self._deadline = None if self._seconds is None else time.monotonic() + self._seconds
        self._limit = limit_of(provider.name, url)
        self._number = 0
        self._attempts: list[Attempt] = []
        self._unpaid = True
        self._started_at = datetime.now(UTC)
        self._started = time.perf_counter()

    def seconds_left(self) -> float | None:
        """Until the call's own deadline."""
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0.001)

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[None]:
        """One try, in a place at the provider.

        Raises:
            CallError: (kind `timeout`) the call's deadline passed before there was a place.
        """
        if (pause := self._limit.paused_seconds) >= _TOLD_SECONDS:
            tell_wait(Wait(self._name, pause, "pause", len(self._attempts) + 1, 1 + self._retries.allowed()))
        try:
            async with asyncio.timeout(self.seconds_left()):
                self._number = await self._limit.take()
        except TimeoutError:
            raise self._error(
                Failure(
                    "timeout",
                    f"{self._name} was not asked within {self._seconds or 0:.3g} s: {self._limit.taken} of "
                    f"{self._limit.places} places were taken, or the provider had asked to wait.",
                    "ask with a longer timeout, or with fewer calls at a time.",
                )
            ) from None
        self._status.set(None)
        self._started_at, self._started = datetime.now(UTC), time.perf_counter()
        try:
            yield
        finally:
            self._limit.give_back()

    def done(self) -> tuple[Attempt, ...]:
        """The try succeeded: all attempts."""
        self._limit.answered()
        self._note(None)
        return tuple(self._attempts)

    async def failed(self, error: Exception, *, again: bool = True) -> None:
        """Waits before the next try, or raises what the call failed with."""
        failure = self._failure(error)
        self._note(failure)
        self._unpaid = self._unpaid and (not failure.reached or (failure.status_code or 0) >= 400)
        if failure.again and is_too_many(failure.status_code):
            self._limit.refused(self._number, failure.retry_after_seconds)
        wait = None
        if again and failure.again:
            tried = len(self._attempts) - 1
            wait = self._retries.wait(tried, failure.retry_after_seconds, reached=failure.reached)
        left = self.seconds_left()
        if wait is not None and (left is None or wait < left):
            most = 1 + self._retries.allowed(reached=failure.reached)
            tell_wait(Wait(self._name, wait, failure.kind, len(self._attempts) + 1, most, failure.status_code))
            await asyncio.sleep(wait)
            return
        raise self._error(failure) from (error if redact(str(error)) == str(error) else None)

    def _failure(self, error: Exception) -> Failure:
        if isinstance(error, EOFError):
            return Failure("connection", f"The connection to {self._name} broke: {error}.", again=True)
        if isinstance(error, TimeoutError):
            message = f"{self._name} sent nothing for {self._chunk_seconds or 0:.3g} s."
            return Failure("timeout", message, "try again, or ask with a longer chunk_timeout_seconds.", again=True)
        failure = failure_of(error, self._name, self._provider, self._url)
        left = self.seconds_left()
        if failure.kind == "timeout" and left is not None and left < _OVER_SECONDS:
            message = f"{self._name} did not answer within {self._seconds or 0:.3g} s."
            return replace(failure, message=message, again=False)
        return failure

    def _error(self, failure: Failure) -> CallError:
        tried = len(self._attempts)
        message = failure.message if tried < 2 else f"{failure.message} ({tried} tries)"
        cost_usd = 0.0 if self._unpaid else None
        return CallError(message, failure.hint, kind=failure.kind, attempts=tuple(self._attempts), cost_usd=cost_usd)

    def _note(self, failure: Failure | None) -> None:
        self._attempts.append(
            Attempt(
                started_at=self._started_at,
                seconds=time.perf_counter() - self._started,
                status_code=(failure.status_code if failure else None) or self._status.get(),
                error_type=failure.kind if failure else None,
                error_message=failure.message if failure else None,
                retry_after_seconds=failure.retry_after_seconds if failure else None,
            )
        )
