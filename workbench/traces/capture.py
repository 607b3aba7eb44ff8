"""Capture: one line, and the calls of every instrumented library land in the store."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, final

from workbench.errors import MissingDependencyError, StoreError, nearest
from workbench.traces.journal import StoreWarning
from workbench.traces.store import store

if TYPE_CHECKING:
    from workbench.traces.foreign.instrumentors import Instrumentor
    from workbench.traces.foreign.listener import ContentHook, Listener
    from workbench.traces.provider import Provider

__all__ = ["Capture", "capture", "made_provider"]

_RAISE_LIMIT: Final = "set OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=100000 before it is made, or call capture() before that"


@final
class Capture:
    """Other libraries' calls are being stored; a context manager, which stops at the end of its block.

    Attributes:
        instrumented: what `capture` instrumented, such as `openai by openinference-instrumentation-openai 0.1.66`.
        skipped: what it did not, with the reason.
        opened: the instrumentors at work.
    """

    def __init__(self) -> None:
        self.instrumented: tuple[str, ...] = ()
        self.skipped: Mapping[str, str] = {}
        self.opened: list[Any] = []

    def stop(self) -> None:
        """Undoes what `capture` instrumented, and listens no more; a call that is under way is stored when it ends."""
        with _ears.lock:
            for opened in self.opened:
                opened.uninstrument()
            self.opened.clear()
            if _ears.capture is self:
                _ears.capture = None
                _ears.listener.is_active = False

    def __enter__(self) -> Capture:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        if _ears.capture is not self:
            return "Capture(stopped)"
        skipped = [f"not {name}: {reason}" for name, reason in self.skipped.items()]
        said = [*self.instrumented, *skipped, "what is instrumented otherwise"]
        try:
            path = store().path
        except StoreError:
            path = "no store, because it cannot be used"
        return f"Capture({'; '.join(said)}; into {path})"


class _Ears:
    """What this process listens with: OpenTelemetry lets nobody be removed, so there is one of it for good."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.capture: Capture | None = None
        self.provider: Any = None
        self.made: Provider | None = None
        self._listener: Listener | None = None

    @property
    def listener(self) -> Listener:
        """Hears spans; OpenTelemetry's SDK is imported here."""
        if self._listener is None:
            from workbench.traces.foreign.listener import Listener

            self._listener = Listener()
        return self._listener

    def listen(self) -> None:
        """Listens to the process's provider of tracers, and of loggers; makes those that it has not."""
        self.listener.is_active = True
        if self.provider is None:
            self._hear_spans(self.listener)
            self._hear_logs(self.listener)

    def _hear_spans(self, listener: Listener) -> None:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider

        from workbench.traces.backend import open_outlets
        from workbench.traces.provider import Provider

        given = trace.get_tracer_provider()
        if isinstance(given, trace.ProxyTracerProvider):
            given = self.made = Provider(listener)
            for outlet in open_outlets():
                given.add_span_processor(outlet)
            trace.set_tracer_provider(given)
        elif isinstance(given, Provider):
            pass  # a store's own, which writes already
        elif isinstance(given, TracerProvider):
            _warn_of_limit(given)
            given.add_span_processor(listener)
        else:
            warnings.warn(
                f"The process's OpenTelemetry provider is a {type(given).__qualname__}, which cannot be listened to. "
                "Only libraries that capture() instruments are stored.",
                StoreWarning,
                stacklevel=4,
            )
            given = Provider(listener)
        self.provider = given

    def _hear_logs(self, listener: Listener) -> None:
        from opentelemetry import _logs
        from opentelemetry.sdk._logs import LoggerProvider
        from opentelemetry.sdk.resources import Resource

        from workbench.traces.foreign.listener import LogListener

        given = _logs.get_logger_provider()
        if not isinstance(given, LoggerProvider):
            given = LoggerProvider(resource=Resource({}), shutdown_on_exit=False)
            _logs.set_logger_provider(given)
        given.add_log_record_processor(LogListener(listener))


_ears: Final = _Ears()


def made_provider() -> Provider | None:
    """The provider that `capture` made for this process; None where it made none."""
    return _ears.made


def capture(instrument: bool | str | Sequence[str] = True) -> Capture:
    """Stores the calls that other libraries make to models, beside our own.

    Every span that reaches OpenTelemetry's SDK in this process becomes a row of `spans`, in the current store, under
    the span and with the notebook, cell and run around it. If the process has no OpenTelemetry provider, it gets one
    without limits; if it has one, that one is listened to, and whatever it exports to stays as it is.

    Calling it again does nothing but instrument what has been installed since.

    Args:
        instrument: True instruments those libraries that ask models (`openai`, `anthropic`, `langchain`, …) and for
            which an instrumentor is installed, of OpenTelemetry, OpenInference or OpenLLMetry, one for each; what is
            instrumented already is left alone. A name or several choose libraries, or instrumentors by their
            distribution. False only listens.

    Returns:
        What is captured and why something is not; its `stop()` ends it, as does leaving it as a context manager.

    Raises:
        MissingDependencyError: no instrumentor is installed for a library that was named, or it cannot be used.

    Example:
        >>> with capture(instrument=False) as listening:
        ...     listening.instrumented
        ()
    """
    names = [instrument] if isinstance(instrument, str) else None if isinstance(instrument, bool) else instrument
    with _ears.lock:
        _ears.listen()
        current = _ears.capture = _ears.capture or Capture()
        if instrument is not False:
            _instrument(current, names)
        return current


def _instrument(current: Capture, names: Sequence[str] | None) -> None:
    from workbench.traces.foreign.instrumentors import installed
    from workbench.traces.foreign.listener import ContentHook

    found = installed()
    chosen = list(found.values())
    if names is not None:
        everything = [one for several in chosen for one in several]
        chosen = [[one for one in everything if one.is_called(name)] for name in names]
        missing = [name for name, several in zip(names, chosen, strict=True) if not several]
        if missing:
            raise MissingDependencyError(
                f"No instrumentor of {missing[0]!r} is installed; there are some for {sorted(found) or 'nothing'}. "
                f"{nearest(missing[0], found)}".rstrip(),
                hint=f"pip install openinference-instrumentation-{missing[0]}, or another that the library recommends",
            )
    hook, reasons = ContentHook(_ears.listener), dict[str, str]()
    for several in chosen:
        failed = _first_that_works(current, several, hook)
        reasons |= failed or {}
        if failed and names is not None:
            raise MissingDependencyError(f"Not instrumented: {'; '.join(failed.values())}.")
    current.skipped = reasons


def _first_that_works(current: Capture, several: Sequence[Instrumentor], hook: ContentHook) -> dict[str, str] | None:
    """Instruments a library by one of its instrumentors, unless one is at work.

    Returns:
        Why none works: instrumentor -> reason.
    """
    failed: dict[str, str] = {}
    ready: list[tuple[Instrumentor, Any]] = []
    for one in several:
        try:
            ready.append((one, one.open()))
        except Exception as error:  # noqa: BLE001 - a foreign package may raise anything, and keeps no other one out
            failed[str(one)] = f"it cannot be loaded ({error})"
    if any(opened.is_instrumented_by_opentelemetry for _, opened in ready):
        return None
    for one, opened in ready:
        try:
            opened.instrument(tracer_provider=_ears.provider, completion_hook=hook, raise_exception_on_conflict=True)
        except Exception as error:  # noqa: BLE001 - as above
            failed[str(one)] = str(error) or type(error).__qualname__
            continue
        current.instrumented += (str(one),)
        current.opened.append(opened)
        return None
    return failed


def _warn_of_limit(provider: Any) -> None:
    """OpenTelemetry keeps 128 attributes of a span unless told otherwise, and drops those that were set first."""
    limit = getattr(getattr(provider, "_span_limits", None), "max_span_attributes", None)
    if limit is not None:
        warnings.warn(
            f"The process's OpenTelemetry provider keeps at most {limit} attributes of a span, so that calls with long "
            f"conversations lose messages.\n\nHint: {_RAISE_LIMIT}",
            StoreWarning,
            stacklevel=5,
        )
