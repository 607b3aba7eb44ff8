"""What went wrong at a provider, in one line and with a hint; never with a key."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from pydantic import ValidationError
from pydantic_ai import exceptions as theirs

from workbench.errors import MissingDependencyError, ModelError, nearest
from workbench.models.names import hosted_names
from workbench.models.providers import Provider
from workbench.traces import redact

try:
    import httpx
except ImportError:  # some SDKs still speak through it, others no longer do
    httpx = None

__all__ = ["FAILURES", "Failure", "failure_of", "not_opened"]

_TRANSPORT: Final = (
    theirs.ModelConnectionError,
    httpx2.HTTPError,
    httpx2.StreamError,
    *((httpx.HTTPError, httpx.StreamError) if httpx else ()),
)
_TIMEOUT: Final = (theirs.ModelTimeoutError, httpx2.TimeoutException, *((httpx.TimeoutException,) if httpx else ()))
# the last ones: what pydantic-ai stumbles over in an answer of another form
FAILURES: Final = (
    theirs.AgentRunError,
    theirs.UserError,
    ValidationError,
    *_TRANSPORT,
    *(AttributeError, IndexError, KeyError, TypeError, ValueError),
)
_PASSING: Final = (theirs.ModelServerError, theirs.ModelUnavailableError, theirs.ModelRateLimitError)
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed try.

    `again` says whether another try can succeed, `reached` whether the provider was reached at all.
    """

    kind: str
    message: str
    hint: str | None = None
    status_code: int | None = None
    retry_after_seconds: float | None = None
    again: bool = False
    reached: bool = True


def failure_of(error: BaseException, name: str, provider: Provider, url: str | None) -> Failure:
    """Reads a provider's error.

    Args:
        error: one of `FAILURES`.
        name: the model's, `provider:model`.
        provider: whose model it is.
        url: where it was asked.
    """
    where = url or provider.name
    if isinstance(error, theirs.ModelRequestTimeout):
        return Failure("timeout", f"{name} did not answer within {error.timeout:.3g} s.", "ask with a longer timeout.")
    if isinstance(error, _TIMEOUT):
        message = f"{name} did not answer in time ({where})."
        return Failure("timeout", message, "try again, or ask with a longer timeout.", again=True)
    if isinstance(error, theirs.ModelHTTPError):
        return _status(error, name, provider)
    if isinstance(error, _TRANSPORT):
        phase = getattr(error, "phase", None)
        if phase == "connect" or type(error).__name__ == "ConnectError":
            hint = (
                f"is the server running, and the address right? {' or '.join(provider.urls) or 'The network'} decides."
            )
            return Failure("connection", f"{name} cannot be reached at {where}.", hint, again=True, reached=False)
        message = f"The connection to {name} broke: {_line(str(error) or type(error).__name__)}"
        return Failure("connection", message, "ask again; what had come is kept in the trace.", again=True)
    if isinstance(error, theirs.ModelAPIError):
        passing = isinstance(error, _PASSING)
        message = f"{name} failed: {_line(_said(error.body) or str(error))}"
        return Failure("server" if passing else "response", message, again=passing)
    if isinstance(error, theirs.UserError):
        return Failure("request", f"{name} cannot be asked that: {_line(str(error))}")
    if isinstance(error, theirs.ContentFilterError):
        return Failure("request", f"The content filter of {name} refused: {_line(str(error))}")
    message = f"{name} gave an answer that cannot be read: {_line(str(error) or type(error).__name__)}"
    return Failure("response", message, f"is {where} the address of such a server?" if url else None)


def _status(error: theirs.ModelHTTPError, name: str, provider: Provider) -> Failure:
    status, said = error.status_code, _line(_said(error.body) or type(error).__name__)
    asked_to_wait = error.retry_after
    answer = f"{name} answered {status}: {said}"

    def failure(kind: str, hint: str | None, again: bool = False) -> Failure:
        told = error.provider_retry_hint
        return Failure(kind, answer, hint, status, asked_to_wait, again if told is None else told)

    key = " or ".join(provider.keys) or "the key"
    if isinstance(error, theirs.ModelQuotaExceededError):
        return failure("rate_limit", f"the account behind {key} has no credit left.")
    if isinstance(error, theirs.ModelAuthenticationError) or status in (401, 403):
        return failure("authentication", f"check {key}, and that it may use this model.")
    if isinstance(error, theirs.ModelNotFoundError) or status == 404:
        prefix = f"{name.partition(':')[0]}:"
        near = nearest(name, [known for known in hosted_names() if known.startswith(prefix)])
        return failure(
            "unknown_model", near or f"is the model's name right, and {' or '.join(provider.urls) or 'its address'}?"
        )
    if isinstance(error, theirs.ModelRateLimitError) or status == 429:
        wait = f" in {asked_to_wait:.3g} s" if asked_to_wait else " later"
        return failure("rate_limit", f"ask again{wait}, or with fewer calls at a time.", again=True)
    if isinstance(error, theirs.ModelContextWindowExceededError):
        return failure("request", "shorten the conversation, or start a new one with -c.")
    if status in (408, 409) or status >= 500:
        return failure("server", "the provider has a fault; ask again later.", again=True)
    return failure("request", None)


def not_opened(error: Exception, name: str, provider: Provider) -> ModelError | MissingDependencyError:
    """Why a provider's client cannot be made: no SDK, no key, or something else that it asks for."""
    if isinstance(error, ImportError):
        return MissingDependencyError(
            f"Model {name!r} needs the SDK of {provider.name}, which is not installed.",
            hint=f"pip install 'pydantic-ai-slim[{provider.extra}]'",
        )
    if provider.keys and not any(os.environ.get(key) for key in provider.keys):
        return ModelError(
            f"Model {name!r} needs a key, and {' or '.join(provider.keys)} is not set.",
            hint=f"export {provider.keys[0]}=… before Jupyter starts. In a cell, so that the key is not saved with the "
            f"notebook: import os, getpass; os.environ[{provider.keys[0]!r}] = getpass.getpass()",
            kind="missing_key",
        )
    hint = None
    if provider.urls and not any(os.environ.get(url) for url in provider.urls):
        hint = f"export {provider.urls[0]}=http://localhost:…/v1"
    return ModelError(f"Model {name!r} cannot be opened: {_line(str(error))}", hint, kind="request")


def _said(body: object) -> str:
    """The message in an error's body, wherever the provider puts it."""
    if isinstance(body, Mapping):
        inner: Any = body.get("error", body)
        if isinstance(inner, Mapping):
            return str(inner.get("message") or inner.get("detail") or json.dumps(inner, default=str))
        return str(inner)
    return str(body) if body else ""


def _line(text: str) -> str:
    """The first line without keys, cut to a length that one reads."""
    first = next((line.strip() for line in redact(text).splitlines() if line.strip()), "")
    return first if len(first) <= _LONGEST else f"{first[:_LONGEST]}…"
