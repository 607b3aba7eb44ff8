"""Sampling: a share of the traces, and every trace in which something failed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

from workbench.errors import OptionError
from workbench.messages import Message, Text, message_from_json, message_to_json
from workbench.traces.encoding import as_json

if TYPE_CHECKING:
    from workbench.traces.span import OpenSpan

__all__ = ["Sampler", "checked_rate", "is_kept"]

_WAITING_BYTES: Final = 32 << 20
_SPAN_BYTES: Final = 2_000  # a span without its texts
_REMEMBERED: Final = 10_000
_DIGITS: Final = 14  # the last 56 bits of a trace id are random, whoever made it (W3C Trace Context)


def checked_rate(rate: object) -> float:
    """The rate, if it is one.

    Raises:
        OptionError: it is no share.
    """
    if not isinstance(rate, float | int) or isinstance(rate, bool) or not 0 <= rate <= 1:
        raise OptionError(
            f"sample was given {rate!r}; it takes the share of traces to keep, from 0 (only those with errors) to 1.",
            hint="workbench.traces.use('traces.duckdb', sample=0.1)",
        )
    return float(rate)


def is_kept(trace_id: str, rate: float) -> bool:
    """Whether chance keeps this trace: by its id, so that all its processes agree.

    Example:
        >>> is_kept("0af7651916cd43dd8448eb211c80319c", 0.1), is_kept("0af7651916cd43dd8448eb211c80319c", 0.3)
        (False, True)
    """
    return int(trace_id[-_DIGITS:], 16) < rate * 16**_DIGITS


@dataclass(slots=True)
class _Waiting:
    """What is known of a trace that chance did not keep."""

    open: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])  # span id -> row
    ended: list[OpenSpan] = field(default_factory=list["OpenSpan"])
    size: int = 0


class Sampler:
    """Decides which spans are written. A trace that chance keeps is written at once. Another one waits in memory: once
    a span in it fails or is interrupted, all of it is written; when its last open span of this process has ended and
    none has failed, it is forgotten. When too much waits, the oldest trace is written rather than lost.

    Args:
        write_start: writes the row of a span that has begun.
        write_span: writes a span that has ended.
        rate: the share that chance keeps; None, or 1, keeps all.
        waiting_bytes: how much may wait, roughly counted.

    Raises:
        OptionError: the rate is no share.
    """

    def __init__(
        self,
        write_start: Callable[[Mapping[str, Any]], None],
        write_span: Callable[[OpenSpan], None],
        rate: float | None = None,
        waiting_bytes: int = _WAITING_BYTES,
    ) -> None:
        self._rate: float | None = None
        self._write_start = write_start
        self._write_span = write_span
        self._waiting_bytes = waiting_bytes
        self._lock = threading.RLock()
        self._waiting: dict[str, _Waiting] = {}
        self._size = 0
        self._written: OrderedDict[str, int] = OrderedDict()  # traces not kept by chance -> how many spans are open
        self.set_rate(rate)

    @property
    def rate(self) -> float | None:
        """The share that chance keeps; None where all are kept."""
        return self._rate

    def set_rate(self, rate: float | None) -> None:
        """Keeps another share from now on; what waits is written.

        Raises:
            OptionError: it is no share.
        """
        share = None if rate is None else checked_rate(rate)
        share = None if share == 1.0 else share
        if share != self._rate:
            self._rate = share
            self.release()

    def start(self, row: dict[str, Any]) -> None:
        """A span has begun; its row gets its `sample_rate` when that is known."""
        rate, trace_id = self._rate, row["trace_id"]
        if rate is None:
            self._write_start(row)
            return
        if is_kept(trace_id, rate):
            row["sample_rate"] = rate
            self._write_start(row)
            return
        with self._lock:
            if trace_id in self._written:
                self._written[trace_id] += 1
                row["sample_rate"] = 1.0
                self._write_start(row)
                return
            waiting = self._waiting.setdefault(trace_id, _Waiting())
            waiting.open[row["span_id"]] = row
            self._grow(waiting, _SPAN_BYTES)

    def end(self, opened: OpenSpan) -> None:
        """A span has ended: it is written, or waits until it is clear whether its trace is kept."""
        if not self._waiting and not self._written:
            self._write_span(opened)
            return
        row = opened.row
        trace_id: str = row["trace_id"]
        with self._lock:
            waiting = self._waiting.get(trace_id)
            if waiting is None or waiting.open.pop(row["span_id"], None) is None:
                if trace_id in self._written:
                    self._written[trace_id] -= 1
                self._write_span(opened)
            elif row["status"] != "ok":
                waiting.ended.append(opened)
                self._release(trace_id)
            elif not waiting.open:
                self._size -= self._waiting.pop(trace_id).size
            else:
                waiting.ended.append(_settled(opened))
                self._grow(waiting, _weight(opened.messages) + _weight(opened.attributes))

    def release(self) -> None:
        """Writes all that waits: at the end of the process its open spans are interrupted ones."""
        with self._lock:
            for trace_id in list(self._waiting):
                self._release(trace_id)

    def leave_to_parent(self) -> None:
        """In a forked child: what waits is the parent's."""
        self._lock = threading.RLock()
        self._waiting.clear()
        self._size = 0

    def _grow(self, waiting: _Waiting, size: int) -> None:
        waiting.size += size
        self._size += size
        while self._size > self._waiting_bytes:
            self._release(next(iter(self._waiting)))

    def _release(self, trace_id: str) -> None:
        waiting = self._waiting.pop(trace_id)
        self._size -= waiting.size
        self._remember(trace_id, len(waiting.open))
        for row in waiting.open.values():
            row["sample_rate"] = 1.0
            self._write_start(row)
        for opened in waiting.ended:
            opened.row["sample_rate"] = 1.0
            self._write_span(opened)

    def _remember(self, trace_id: str, open_spans: int) -> None:
        self._written[trace_id] = open_spans
        if len(self._written) > _REMEMBERED:
            over = next((known for known, count in self._written.items() if count <= 0), None)
            if over is not None:
                del self._written[over]


def _settled(opened: OpenSpan) -> OpenSpan:
    """The span as it is now, whatever becomes of the values that it was given."""
    messages = {way: [_own(message) for message in given] for way, given in opened.messages.items()}
    attributes = cast("dict[str, Any]", as_json(opened.attributes))
    row = {**opened.row, "attributes": attributes or None}
    return replace(opened, row=row, messages=messages, attributes=attributes, outer=None)


def _own(message: Message) -> Message:
    if all(isinstance(part, Text) for part in message.parts):
        return message
    return message_from_json(cast("dict[str, Any]", as_json(message_to_json(message))))


def _weight(value: object) -> int:
    """Roughly how many bytes the texts in the value take."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Message):
        return _weight(value.parts)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value)
        return sum(_weight(name) + _weight(item) for name, item in pairs.items())
    if isinstance(value, Sequence | Set):
        return sum(map(_weight, cast("Sequence[object]", value)))
    fields = cast("Mapping[str, object]", getattr(type(value), "__dataclass_fields__", {}))
    return 16 + sum(_weight(getattr(value, name)) for name in fields)
