"""A back end: spans go to any server that speaks OpenTelemetry's protocol (OTLP), beside the store."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, final
from urllib.parse import urlsplit

from workbench.errors import MissingDependencyError, OptionError
from workbench.traces.capture import made_provider
from workbench.traces.store import Store, store

if TYPE_CHECKING:
    from workbench.traces.clean_export import Outlet

__all__ = ["Backend", "export_to", "open_outlets"]

_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PATH: Final = "/v1/traces"
# OpenTelemetry's own bound, 2,048 spans, drops most of a burst without a word
_QUEUED: Final = 100_000
_BATCH: Final = 512
_STOP_MS: Final = 5_000

_open: Final[list[Outlet]] = []


@final
class Backend:
    """Spans are being sent to a back end; a context manager, which stops at the end of its block.

    Attributes:
        endpoint: where to, without what may be secret in an address.
    """

    def __init__(self, endpoint: str, outlet: Outlet, to: Store) -> None:
        self.endpoint = endpoint
        self._outlet = outlet
        self._is_stopped = False
        made = made_provider()
        self._providers = [to.tracer.provider, *([] if made is None else [made])]
        for provider in self._providers:
            provider.add_span_processor(outlet)
        _open.append(outlet)
        atexit.register(self.stop)

    def flush(self, timeout_seconds: float = 30.0) -> bool:
        """Waits until all that has ended is sent; whether it was, in that time."""
        return self._outlet.force_flush(int(timeout_seconds * 1000))

    def stop(self) -> None:
        """Sends what is left, for at most 5 seconds, and sends no more."""
        if not self._is_stopped:
            self._is_stopped = True
            atexit.unregister(self.stop)
            _open.remove(self._outlet)
            for provider in self._providers:
                provider.lose_listener()
            self._outlet.force_flush(_STOP_MS)
            self._outlet.shutdown()

    def __enter__(self) -> Backend:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Backend({self.endpoint!r}{', stopped' if self._is_stopped else ''})"


def open_outlets() -> Sequence[Outlet]:
    """Those through which spans leave now."""
    return tuple(_open)


def export_to(endpoint: str | None = None, *, headers: Mapping[str, str] | None = None) -> Backend:
    """Sends every span of the current store also to an OTLP back end, over HTTP, in the GenAI conventions' names.

    What is sent is what is stored: our own spans, and those of other libraries that `capture` hears through a provider
    that it made; keys and what the redaction rules name are cut out first, and messages go where content is captured.
    What is heard through a provider of somebody else's goes where that one sends it. Sending happens in the background:
    a back end that is slow or gone costs a call nothing and loses nothing in the store. Up to 100,000 spans wait for
    it.

    Args:
        endpoint: such as `http://localhost:4318`, to which `/v1/traces` is added; one that ends so is taken as it is.
            Without one, OpenTelemetry's variables are obeyed: OTEL_EXPORTER_OTLP_ENDPOINT and its kin.
        headers: of every request, such as an authorization. They are not stored or shown.

    Returns:
        What can be waited for (`flush`) and stopped.

    Raises:
        MissingDependencyError: the exporter is not installed.
        OptionError: no endpoint is given, here or by a variable; or one that is no address of HTTP.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise MissingDependencyError(
            "Sending spans to a back end needs opentelemetry-exporter-otlp-proto-http, which is not installed.",
            hint='pip install "research-workbench[otlp]"',
        ) from error
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from workbench.traces.clean_export import CleanExporter, Outlet

    address = _address(endpoint)
    exporter = OTLPSpanExporter(
        address if endpoint is not None else None, headers=None if headers is None else dict(headers)
    )
    processor = BatchSpanProcessor(
        CleanExporter(exporter), max_queue_size=_QUEUED, max_export_batch_size=_BATCH, schedule_delay_millis=1_000
    )
    current = store()
    return Backend(_shown(address), Outlet(processor, current), current)


def _address(endpoint: str | None) -> str:
    """Where spans go.

    Raises:
        OptionError: nowhere, or to no address of HTTP.
    """
    named = next((name for name in _VARIABLES if os.environ.get(name)), None)
    given = endpoint if endpoint is not None else os.environ[named] if named else None
    if given is None:
        raise OptionError(
            f"No back end is named: neither an endpoint nor {_VARIABLES[1]} is given.",
            hint="traces.export_to('http://localhost:4318')",
        )
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OptionError(
            f"The endpoint {_shown(given)!r} is no address of HTTP.", hint="traces.export_to('http://localhost:4318')"
        )
    if named == _VARIABLES[0] and endpoint is None:
        return given
    return given if parts.path.endswith(_PATH) else f"{given.rstrip('/')}{_PATH}"


def _shown(address: str) -> str:
    """Without user, password and query."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
