"""Segments of the journal written anew: without some spans, or without what is to be cut out of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from workbench.traces.contexts import Contexts
from workbench.traces.encoding import dumps, utf8
from workbench.traces.erased import ErasedRows
from workbench.traces.segment import Segment

__all__ = ["erase_in_place", "make_final", "without_spans", "without_text", "write_anew"]

Record: TypeAlias = dict[str, Any]

_BLANK: Final = b'{"segment":{}}'  # a line that says nothing


def write_anew(segment: Segment, lines: Iterator[bytes]) -> None:
    """Replaces an archived segment in one step; it keeps its name and its age.

    Args:
        segment: nobody appends to it.
        lines: what it holds from now on.
    """
    times = segment.path.stat()
    draft = segment.path.with_name(segment.name + ".rewriting")
    with draft.open("wb") as file:
        file.writelines(line + b"\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    os.utime(draft, ns=(times.st_atime_ns, times.st_mtime_ns))
    draft.replace(segment.path)


def without_spans(segment: Segment, is_gone: Callable[[str], bool]) -> Iterator[bytes]:
    """The segment's lines without those of some spans, and without feedback on them.

    What later spans rely on, lists of messages and bodies, moves to the first span that stays and needs it.

    Args:
        segment: of any version.
        is_gone: whether the span with this id goes.
    """
    kept = _Kept()
    for line, _ in segment.lines(0, segment.size):
        record = _parsed(line)
        if record is None:
            yield line
            continue
        kept.learn(record)
        row = record.get("span") or record.get("start")
        if record.get("table") == "feedback":
            row = record.get("row")
        if not isinstance(row, dict) or not is_gone(str(cast("Record", row).get("span_id"))):
            yield utf8(dumps(kept.placed(record)))


def without_text(segment: Segment, rows: ErasedRows) -> Iterator[bytes]:
    """The segment's lines with their cells and message bodies cut; a line that is no record goes if it would be cut."""
    for line, _ in segment.lines(0, segment.size):
        cut = _erased_line(line, rows)
        if cut is not None:
            yield cut


def _erased_line(line: bytes, rows: ErasedRows) -> bytes | None:
    """One line of a segment with its cells cut, unchanged to the byte where there is nothing to cut."""
    record = _parsed(line)
    if record is None:
        text = line.decode("utf-8", "replace")
        return line if rows.erasure.text(text) == text else None
    cut = _erased(record, rows)
    return line if cut == record else utf8(dumps(cut))


def _erased(record: Mapping[str, Any], rows: ErasedRows) -> Record:
    cut = dict(record)
    if isinstance(bodies := record.get("bodies"), dict):
        cut["bodies"] = dict(rows.body(digest, body) for digest, body in cast("Record", bodies).items())
    for part, table in (("span", "spans"), ("start", "spans"), ("row", record.get("table"))):
        if isinstance(row := record.get(part), dict) and isinstance(table, str):
            cut[part] = rows.row(table, cast("Record", row))
    if isinstance(attempts := record.get("attempts"), list):
        cut["attempts"] = [rows.row("attempts", attempt) for attempt in cast("list[Record]", attempts)]
    if isinstance(outputs := record.get("outputs"), list):
        cut["outputs"] = [rows.digest(digest) for digest in cast("list[str]", outputs)]
    if isinstance(context := record.get("context"), dict):
        hashes = cast("Record", context)["hashes"]
        cut["context"] = {**cast("Record", context), "hashes": [rows.digest(digest) for digest in hashes]}
    if isinstance(messages := record.get("messages"), dict):  # of the first version
        cut["messages"] = {
            direction: [rows.digest(digest) for digest in hashes]
            for direction, hashes in cast("Record", messages).items()
        }
    return cut


class _Kept:
    """What the lines of a segment said of messages so far, and what was written of it."""

    def __init__(self) -> None:
        self._bodies: Record = {}
        self._contexts: dict[str, list[str]] = {}
        self._written: set[str] = set()
        self._placed = Contexts()

    def learn(self, record: Record) -> None:
        """Remembers the bodies and the list of messages in this line."""
        self._bodies.update(record.get("bodies") or {})
        if context := record.get("context"):
            known = self._contexts.setdefault(record["span"]["context_id"], [])
            known[context["from"] :] = context["hashes"]

    def placed(self, record: Record) -> Record:
        """The line with all that is needed of messages and was not written yet, and with no more."""
        row = record.get("span")
        if not isinstance(row, dict):
            return record
        span = cast("Record", row)
        placed = {name: value for name, value in record.items() if name not in ("bodies", "context")}
        read = self._contexts.get(str(span.get("context_id")), [])[: span.get("context_length") or 0]
        if read:
            place = self._placed.place(read, span["span_id"])
            placed["span"] = {**span, "context_id": place.context_id, "context_length": place.length}
            if place.start < place.length:
                placed["context"] = {"from": place.start, "hashes": read[place.start :]}
        hashes = [*read, *record.get("outputs", ()), *_of_first_version(record)]
        bodies = {one: self._bodies[one] for one in hashes if one in self._bodies and one not in self._written}
        self._written.update(bodies)
        return {**placed, "bodies": bodies} if bodies else placed


def _of_first_version(record: Record) -> list[str]:
    messages = cast("dict[str, list[str]]", record.get("messages") or {})
    return [digest for hashes in messages.values() for digest in hashes]


def _parsed(line: bytes) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return cast("Record", record) if isinstance(record, dict) else None


def make_final(segment: Segment) -> None:
    """Makes the file read-only, by which its process knows that it is final, and begins another one."""
    with suppress(FileNotFoundError):  # somebody folded it and put it away
        segment.path.chmod(0o400)


def erase_in_place(path: Path, stop: int, rows: ErasedRows, brief: ErasedRows) -> None:
    """Cuts in the first bytes of a segment that a living process may append to; no line changes its length.

    The process never reads them, and after `make_final` what it goes on to write relies on none of them.

    Args:
        path: the segment.
        stop: up to here it is in the store.
        rows: what is cut.
        brief: the same with a marker of one character, for a segment with lines that would become longer.
    """
    path.chmod(0o600)  # for as long as it takes to open it
    with path.open("r+b") as file:
        path.chmod(0o400)
        old = file.read(stop)
        new = _of_same_length(old, rows) or _of_same_length(old, brief)
        if new is not None and new != old:
            file.seek(0)
            file.write(new)
            file.flush()
            os.fsync(file.fileno())


def _of_same_length(old: bytes, rows: ErasedRows) -> bytes | None:
    """Whole lines, cut and filled up with spaces; None where a line would become longer."""
    new: list[bytes] = []
    for line in old.split(b"\n"):
        cut = _erased_line(line, rows) if line else line
        cut = _BLANK if cut is None and len(line) >= len(_BLANK) else cut or b""
        if len(cut) > len(line):
            return None
        new.append(cut.ljust(len(line)))
    return b"\n".join(new)
