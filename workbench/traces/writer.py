"""The writer: spans and rows as lines of the journal, without keys, each message body written once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from workbench.messages import Message, message_to_json
from workbench.traces.contexts import Contexts
from workbench.traces.encoding import as_json, canonical, dumps, utf8
from workbench.traces.redaction import Redactor
from workbench.traces.schema import COLUMNS

__all__ = ["Writer"]

_REMEMBERED: Final = 512
_ROWS: Final = frozenset({"span", "start", "row"})
# columns that only the workbench itself fills: a key cannot be in them
_OURS: Final = frozenset(
    {"span_id", "trace_id", "parent_id", "session", "status", "schema_url", "context_id"}
    | {name for columns in COLUMNS.values() for name, kind in columns.items() if kind == "TIMESTAMP"}
)


class Writer:
    """Makes lines of what is to be journalled."""

    def __init__(self) -> None:
        self._redactor = Redactor()
        # a conversation sends its history again with every turn: by identity, which is sound because messages are
        # values and this keeps them alive
        self._remembered: dict[int, tuple[Message, int, str, str]] = {}
        self._segment = -1
        self._known: set[str] = set()  # hashes of the bodies in this segment
        self._contexts = Contexts()

    def line(self, record: Mapping[str, Any]) -> bytes:
        """A record on one line."""
        return utf8(self._clean(record))

    def span_line(self, parts: Mapping[str, Any], messages: Mapping[str, Sequence[Message]], segment: int) -> bytes:
        """An ended span on one line, with those message bodies and that part of its context which are new.

        The caller appends the line to the segment before it asks for the next one.

        Args:
            parts: `span`, the row, and what else there is of it: `attempts`, `reads`.
            messages: `input` and `output`.
            segment: the number of the segment that the line goes to. Each segment can be read by itself: a new one
                begins with no bodies and no contexts.
        """
        if segment != self._segment:
            self._segment = segment
            self._known.clear()
            self._contexts.clear()
        if not messages:
            return self.line(parts)
        bodies: dict[str, str] = {}
        read = self._hashes(messages.get("input", ()), bodies)
        written = self._hashes(messages.get("output", ()), bodies)
        row = dict(parts["span"])
        added: dict[str, Any] = {}
        if read:
            placed = self._contexts.place(read, row["span_id"])
            row |= {"context_id": placed.context_id, "context_length": placed.length}
            if placed.start < placed.length:
                added["context"] = {"from": placed.start, "hashes": read[placed.start :]}
        if written:
            added["outputs"] = written
        text = self._clean({**parts, "span": row, **added})
        if bodies:
            self._known.update(bodies)
            told = ",".join(f'"{digest}":{body}' for digest, body in bodies.items())
            text = f'{text[:-1]},"bodies":{{{told}}}}}'
        return utf8(text)

    def _hashes(self, messages: Sequence[Message], bodies: dict[str, str]) -> list[str]:
        """The messages' hashes; bodies that the segment does not hold yet are added to `bodies`."""
        hashes: list[str] = []
        for message in messages:
            digest, body = self._address(message)
            hashes.append(digest)
            if digest not in self._known:
                bodies[digest] = body
        return hashes

    def _clean(self, record: Mapping[str, Any]) -> str:
        text = dumps(record)
        if self._redactor.suspects(text):
            text = dumps({part: self._redacted(part, as_json(value)) for part, value in record.items()})
        return text

    def _redacted(self, part: str, value: Any) -> Any:
        """Without keys, but with the record's own names: a password that is a column's name must not cost a row."""
        if part in _ROWS:
            return {
                name: item if name in _OURS else self._redactor.values(item)
                for name, item in cast("Mapping[str, Any]", value).items()
            }
        if part == "attempts":
            return [self._redacted("row", attempt) for attempt in value]
        return value if part in ("table", "context", "outputs") else self._redactor.values(value)

    def _address(self, message: Message) -> tuple[str, str]:
        """The message's content hash, and the text of its body, both after redaction."""
        generation = self._redactor.watch()
        known = self._remembered.get(id(message))
        if known is not None and known[1] == generation:
            return known[2], known[3]
        body: Any = message_to_json(message)
        try:
            text = canonical(body)
            text.encode()
        except (TypeError, ValueError, RecursionError):  # not plain JSON, or a lone surrogate
            body = json.loads(utf8(dumps(as_json(body))))
            text = canonical(body)
        if self._redactor.suspects(text):
            text = canonical(self._redactor.values(body))
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[id(message)] = (message, generation, digest, text)
        return digest, text
