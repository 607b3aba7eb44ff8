"""Every hosted model, through pydantic-ai's model classes and the providers' own SDKs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from pydantic_ai import direct
from pydantic_ai import messages as theirs
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model as TheirModel
from pydantic_ai.models import infer_model, infer_model_profile

from workbench.errors import ModelError
from workbench.models.hosted_failure import FAILURES, Failure, failure_of, not_opened
from workbench.models.hosted_messages import from_response, messages_of, parameters_of, settings_of
from workbench.models.model import Attempt, CallError, Capabilities, Delta, Reply, Request, StreamEvent
from workbench.models.names import parse
from workbench.models.providers import provider_of
from workbench.models.retry import Retries
from workbench.traces import redact

__all__ = ["HostedModel"]

_LOOPBACK: Final = ("localhost", "::1")
_status: Final[ContextVar[int | None]] = ContextVar("workbench_http_status", default=None)


@final
class HostedModel:
    """A model behind a provider's API.

    Each try is an `Attempt`: the SDK's own silent retries are off, and ours wait as `Retries` says. A stream is tried
    again only while nothing of it has been given out. Each event loop gets a client of its own, made anew when a key or
    address in the environment changes.

    Args:
        name: `provider:model`, any provider of pydantic-ai.
        retries: how often and how patiently to try again.

    Raises:
        ModelError: (kind `unknown_model`) no such provider.
    """

    def __init__(self, name: str, *, retries: Retries | None = None) -> None:
        parsed = parse(name)
        provider = provider_of(parsed.provider)
        if provider is None:
            raise ModelError(f"{name!r} is not a hosted model.", hint="openai:gpt-5-mini", kind="unknown_model")
        self._name = str(parsed)
        self._provider = provider
        self._retries = retries or Retries()
        self._capabilities: Capabilities | None = None
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[tuple[str | None, ...], TheirModel]] = (
            WeakKeyDictionary()
        )

    @property
    def name(self) -> str:
        """`provider:model`."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What pydantic-ai's profile of this model says."""
        if self._capabilities is None:
            self._capabilities = self._declared()
        return self._capabilities

    def _declared(self) -> Capabilities:
        try:
            profile = infer_model_profile(self._name)
        except ImportError as error:
            raise not_opened(error, self._name, self._provider) from None
        return Capabilities(
            tools=profile.get("supports_tools", True),
            schema=profile.get("supports_json_schema_output", False),
            logprobs=self._provider.extra in ("openai", "google") and not profile.get("supports_thinking", False),
            images=profile.get("supports_image_input", True),
        )

    async def reply(self, request: Request) -> Reply:
        """The whole answer."""
        client = self._client()
        tries = _Tries(self, request, _url(client))
        messages, parameters = messages_of(request, client.system), parameters_of(request)
        while True:
            tries.start()
            try:
                response = await direct.model_request(
                    client,
                    messages,
                    model_settings=settings_of(request.settings, tries.seconds_left()),
                    model_request_parameters=parameters,
                    instrument=False,
                )
            except FAILURES as error:
                await tries.failed(error)
                continue
            return replace(from_response(response, self._name), attempts=tries.done())

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        """Deltas as they come, then the reply."""
        client = self._client()
        tries = _Tries(self, request, _url(client))
        messages, parameters = messages_of(request, client.system), parameters_of(request)
        while True:
            tries.start()
            given = False
            try:
                async with direct.model_request_stream(
                    client,
                    messages,
                    model_settings=settings_of(request.settings, tries.seconds_left()),
                    model_request_parameters=parameters,
                    instrument=False,
                ) as stream:
                    try:
                        async for event in stream:
                            if (delta := _delta(event)) is not None:
                                given = True
                                yield delta
                    except GeneratorExit:
                        with suppress(NotImplementedError):  # leaving the block closes it then
                            await stream.cancel()
                        raise
                    response = stream.get()
            except FAILURES as error:
                await tries.failed(error, again=not given)
                continue
            if response.state == "incomplete" or not _has_end(response):
                await tries.failed(EOFError("the stream ended before its end"), again=not given)
                continue
            yield replace(from_response(response, self._name), attempts=tries.done())
            return

    def _client(self) -> TheirModel:
        """The client of the running loop: connections belong to the loop that opened them."""
        provider = self._provider
        loop = asyncio.get_running_loop()
        environment = tuple(os.environ.get(name) for name in (*provider.keys, *provider.urls))
        known = self._clients.get(loop)
        if known is not None and known[0] == environment:
            client = known[1]
        else:
            try:
                client = infer_model(self._name)
            except (ImportError, UserError, ValueError, TypeError) as error:
                raise not_opened(error, self._name, provider) from None
            _watch(client)
            self._clients[loop] = (environment, client)
        if os.environ.get("WORKBENCH_OFFLINE", "0") not in ("", "0") and not _is_loopback(_url(client)):
            raise CallError(
                f"Model {self._name!r} would be asked over the network, and WORKBENCH_OFFLINE is set.",
                hint="use -m pocket, recorded:FILE or scripted:TEXT, or unset WORKBENCH_OFFLINE.",
                kind="connection",
                cost_usd=0.0,
            )
        return client


@final
class _Tries:
    """The tries of one call."""

    def __init__(self, model: HostedModel, request: Request, url: str | None) -> None:
        self._model = model
        self._url = url
        self._attempts: list[Attempt] = []
        self._unpaid = True
        limit = request.settings.timeout_seconds
        self._limit = limit
        self._deadline = None if limit is None else time.monotonic() + limit
        self._started_at = datetime.now(UTC)
        self._started = time.perf_counter()

    def seconds_left(self) -> float | None:
        """Until the call's own deadline."""
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0.001)

    def start(self) -> None:
        """A try begins."""
        _status.set(None)
        self._started_at, self._started = datetime.now(UTC), time.perf_counter()

    def done(self) -> tuple[Attempt, ...]:
        """The try succeeded: all attempts."""
        self._note(None)
        return tuple(self._attempts)

    async def failed(self, error: Exception, *, again: bool = True) -> None:
        """Waits before the next try, or raises what the call failed with."""
        model = self._model
        failure = (
            Failure("connection", f"The connection to {model.name} broke: {error}.", again=True)
            if isinstance(error, EOFError)
            else failure_of(error, model.name, model._provider, self._url)
        )
        if failure.kind == "timeout" and self._limit is not None:
            failure = replace(failure, message=f"{model.name} did not answer within {self._limit:.3g} s.", again=False)
        self._note(failure)
        self._unpaid = self._unpaid and (not failure.reached or (failure.status_code or 0) >= 400)
        retries = model._retries
        wait = None
        if again and failure.again:
            wait = retries.wait(len(self._attempts) - 1, failure.retry_after_seconds, reached=failure.reached)
        left = self.seconds_left()
        if wait is not None and (left is None or wait < left):
            await asyncio.sleep(wait)
            return
        tried = len(self._attempts)
        message = failure.message if tried == 1 else f"{failure.message} ({tried} tries)"
        cause = error if redact(str(error)) == str(error) else None
        attempts, cost_usd = tuple(self._attempts), 0.0 if self._unpaid else None
        raise CallError(message, failure.hint, kind=failure.kind, attempts=attempts, cost_usd=cost_usd) from cause

    def _note(self, failure: Failure | None) -> None:
        self._attempts.append(
            Attempt(
                started_at=self._started_at,
                seconds=time.perf_counter() - self._started,
                status_code=(failure.status_code if failure else None) or _status.get(),
                error_type=failure.kind if failure else None,
                error_message=failure.message if failure else None,
                retry_after_seconds=failure.retry_after_seconds if failure else None,
            )
        )


def _delta(event: theirs.ModelResponseStreamEvent) -> Delta | None:
    match event:
        case theirs.PartStartEvent(part=theirs.TextPart(content=text)) if text:
            return Delta(text=text)
        case theirs.PartStartEvent(part=theirs.ThinkingPart(content=text)) if text:
            return Delta(reasoning=text)
        case theirs.PartDeltaEvent(delta=theirs.TextPartDelta(content_delta=text)) if text:
            return Delta(text=text)
        case theirs.PartDeltaEvent(delta=theirs.ThinkingPartDelta(content_delta=text)) if text:
            return Delta(reasoning=text)
        case _:
            return None


def _has_end(response: theirs.ModelResponse) -> bool:
    """Whether a stream came to its end: it said why it ended, in its own words at least, or what it used.

    A missing reason is made up as `stop` by some of pydantic-ai's models, so that alone says nothing.
    """
    if "finish_reason" in (response.provider_details or {}):
        return True
    return response.finish_reason is not None and not response.usage.unmeasured_requests


def _watch(client: TheirModel) -> None:
    """Notes the status of each HTTP response, where the SDK speaks through a client of httpx's kind."""

    async def note(response: Any) -> None:
        _status.set(response.status_code)

    http = getattr(client.provider, "_own_http_client", None)
    hooks = getattr(http, "event_hooks", None)
    if http is not None and hooks is not None:
        http.event_hooks = {**hooks, "response": [*hooks.get("response", ()), note]}


def _url(client: TheirModel) -> str | None:
    """Where it asks, without what may be secret in an address: user, password, query."""
    try:
        parts = urlsplit(client.base_url or "")
    except (AttributeError, UserError, ValueError):
        return None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}" if host else None


def _is_loopback(url: str | None) -> bool:
    host = urlsplit(url or "").hostname or ""
    return host in _LOOPBACK or host.startswith("127.")
