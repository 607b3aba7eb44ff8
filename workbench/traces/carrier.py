"""A carrier: what a process hands to those that it starts, so that their spans belong to the same trace and run."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

from workbench.errors import OptionError
from workbench.traces.content import captures_content, content
from workbench.traces.rules import Rule, current_rules, redactor
from workbench.traces.scope import Scope, current_scope, current_tags, enter
from workbench.traces.store import adopt, store

__all__ = ["Carried", "carry", "environment"]

P = ParamSpec("P")
T = TypeVar("T")


def environment() -> dict[str, str]:
    """The environment for a subprocess whose spans are to belong to the current trace, scope and store.

    It is this process's environment with TRACEPARENT, WORKBENCH_STORE, WORKBENCH_SCOPE, WORKBENCH_SAMPLE and
    WORKBENCH_CONTENT. A workbench in the subprocess reads them when it begins to trace; other programs read TRACEPARENT
    (W3C Trace Context). Rules of `redactor` cannot be handed down so; the subprocess has to set its own.

    Example:
        >>> import subprocess, sys
        >>> done = subprocess.run([sys.executable, "-c", "import workbench"], env=environment(), check=True)
    """
    current = store()
    handed = dict(os.environ)
    traceparent = _traceparent()
    if traceparent is not None:
        handed["TRACEPARENT"] = traceparent
    rate = current.sampler.rate
    return handed | {
        "WORKBENCH_STORE": str(current.path),
        "WORKBENCH_SCOPE": json.dumps(current_tags()),
        "WORKBENCH_SAMPLE": "1" if rate is None else repr(rate),
        "WORKBENCH_CONTENT": "1" if captures_content(current.captures_content) else "0",
    }


@dataclass(frozen=True, slots=True)
class Carried(Generic[P, T]):
    """A function with the trace, scope and store of the code that carried it; it can be pickled as the function can."""

    function: Callable[P, T]
    traceparent: str | None
    scope: Scope
    store: Path
    sample: float | None
    content: bool
    rules: tuple[Rule, ...]
    _context: Context | None = field(default=None, repr=False, compare=False)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls the function where it was carried from, as far as spans can tell."""
        if self._context is not None:  # in the process that carried it, or a fork of it
            return self._context.copy().run(self.function, *args, **kwargs)
        with self._entered():
            return self.function(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        handed = (self.function, self.traceparent, self.scope, self.store, self.sample, self.content, self.rules)
        return type(self), handed

    @contextmanager
    def _entered(self) -> Generator[None]:
        from opentelemetry import context as otel_context

        if current_rules().given != self.rules:
            redactor(*self.rules)
        adopt(self.store, sample=self.sample, content=self.content)
        token = otel_context.attach(_extracted(self.traceparent))
        try:
            with enter(self.scope), content(self.content):
                yield
        finally:
            otel_context.detach(token)


def carry(function: Callable[P, T]) -> Carried[P, T]:
    """The function for a pool of processes or threads, so that its spans are children of the current one.

    Args:
        function: what `ProcessPoolExecutor.submit` or `map` is to call; for other processes it has to be one that can
            be pickled, and so have rules given to `redactor`.

    Raises:
        OptionError: it is a coroutine function; asyncio's tasks need no carrying.

    Example:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> with ThreadPoolExecutor() as pool:
        ...     pool.submit(carry(pow), 2, 3).result()
        8
    """
    if inspect.iscoroutinefunction(function):
        raise OptionError(
            f"traces.carry was given {function!r}, a coroutine function; asyncio's tasks have their context anyway.",
            hint="asyncio.create_task(…), or carry the function that calls asyncio.run(…)",
        )
    current = store()
    captured = captures_content(current.captures_content)
    return Carried(
        function, _traceparent(), current_scope(), current.path, current.sampler.rate, captured,
        current_rules().given, copy_context(),
    )  # fmt: skip


def _traceparent() -> str | None:
    """The current span, or the one above this process, as W3C Trace Context writes it."""
    from opentelemetry import trace as otel

    context = otel.get_current_span().get_span_context()
    if not context.is_valid:
        return os.environ.get("TRACEPARENT") or None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"


def _extracted(traceparent: str | None) -> Any:
    from opentelemetry.context import Context as OtelContext
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent or ""}, OtelContext())
