"""Every hosted model, through pydantic-ai's model classes and the providers' own SDKs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from contextvars import ContextVar
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from pydantic_ai import direct
from pydantic_ai import messages as theirs
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model as TheirModel
from pydantic_ai.models import infer_model, infer_model_profile

from workbench.errors import ModelError
from workbench.models.hosted_failure import FAILURES, not_opened
from workbench.models.hosted_messages import from_response, messages_of, parameters_of, refusal_of, settings_of
from workbench.models.model import CallError, Capabilities, Delta, Reply, Request, StreamEvent
from workbench.models.names import parse
from workbench.models.providers import provider_of
from workbench.models.retry import Retries
from workbench.models.tries import Tries

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
    def version(self) -> str:
        """The address that the environment names, without what may be secret in it: who else answers by this name."""
        set_to = next((url for name in self._provider.urls if (url := os.environ.get(name))), "")
        return _public(set_to) or ""

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
        tries, quiet = self._tries(request, client), _retries_are_off(client)
        messages, parameters = (
            messages_of(request, client.system, images=self.capabilities.images),
            parameters_of(request),
        )
        while True:
            try:
                async with tries.one():
                    response = await direct.model_request(
                        client,
                        messages,
                        model_settings=settings_of(request.settings, tries.seconds_left(), retries_are_off=quiet),
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
        tries, quiet = self._tries(request, client), _retries_are_off(client)
        messages, parameters = (
            messages_of(request, client.system, images=self.capabilities.images),
            parameters_of(request),
        )
        patience = request.settings.chunk_timeout_seconds
        while True:
            given = False
            try:
                async with tries.one(), AsyncExitStack() as stack:
                    opening = direct.model_request_stream(
                        client,
                        messages,
                        model_settings=settings_of(request.settings, tries.seconds_left(), retries_are_off=quiet),
                        model_request_parameters=parameters,
                        instrument=False,
                    )
                    async with asyncio.timeout(patience):
                        stream = await stack.enter_async_context(opening)
                    events = aiter(stream)
                    try:
                        while (event := await _next(events, patience)) is not None:
                            if (delta := _delta(event)) is not None:
                                given = True
                                yield delta
                    except GeneratorExit:
                        with suppress(NotImplementedError):  # leaving the block closes it then
                            await stream.cancel()
                        raise
                    response = stream.get()
                    if response.state == "incomplete" or not _has_end(response):
                        raise EOFError("the stream ended before its end")
            except (*FAILURES, EOFError, TimeoutError) as error:
                await tries.failed(error, again=not given)
                continue
            if refused := refusal_of(response):
                yield Delta(text=refused)
            yield replace(from_response(response, self._name), attempts=tries.done())
            return

    def _tries(self, request: Request, client: TheirModel) -> Tries:
        return Tries(self._name, self._provider, self._retries, request.settings, _url(client), _status)

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
            _switch_retries_off(client)
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


async def _next(
    events: AsyncIterator[theirs.ModelResponseStreamEvent], seconds: float | None
) -> theirs.ModelResponseStreamEvent | None:
    """The next event, if it comes within so many seconds; None at the end."""
    async with asyncio.timeout(seconds):
        return await anext(events, None)


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


def _switch_retries_off(client: TheirModel) -> None:
    """Once for the SDK's client, where it takes them so: for a setting of one call pydantic-ai copies the client, which
    takes as long as a quarter of the call."""
    sdk: Any = getattr(client, "client", None)
    if isinstance(getattr(sdk, "max_retries", None), int):
        sdk.max_retries = 0


def _retries_are_off(client: TheirModel) -> bool:
    return getattr(getattr(client, "client", None), "max_retries", None) == 0


def _watch(client: TheirModel) -> None:
    """Notes the status of each HTTP response, where the SDK speaks through a client of httpx's kind."""

    async def note(response: Any) -> None:
        _status.set(response.status_code)

    http = getattr(client.provider, "_own_http_client", None)
    hooks = getattr(http, "event_hooks", None)
    if http is not None and hooks is not None:
        http.event_hooks = {**hooks, "response": [*hooks.get("response", ()), note]}
    # other providers' SDKs speak through httpx, which is another
    if http is not None and type(http).__module__.startswith("httpx2"):
        from workbench.models.hosted_connections import spread

        spread(http)


def _url(client: TheirModel) -> str | None:
    """Where it asks, without what may be secret in an address: user, password, query."""
    try:
        return _public(client.base_url or "")
    except (AttributeError, UserError):
        return None


@lru_cache(maxsize=64)
def _public(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}" if host else None


def _is_loopback(url: str | None) -> bool:
    host = urlsplit(url or "").hostname or ""
    return host in _LOOPBACK or host.startswith("127.")
