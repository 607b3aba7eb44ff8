"""Checking: every row and every file of a store is looked at, and what is wrong is said with how to mend it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import duckdb

from workbench.messages import message_hash
from workbench.traces.database import open_database
from workbench.traces.schema import COLUMNS, KEYS, SCHEMA_VERSION
from workbench.traces.segment import Segment, is_alive, segments
from workbench.traces.store import Store
from workbench.traces.text_index import count_wrong
from workbench.traces.upkeep.leftovers import leftovers
from workbench.traces.upkeep.rewriting import Progress

__all__ = ["Finding", "Report", "check"]

_WAIT_SECONDS: Final = 30.0
_FETCHED: Final = 2_000

# What may never be, as a question that counts it.
_NEVER: Final[dict[str, str]] = {
    "messages that a span lists and that are not there": """
        SELECT count(*) FROM span_messages ANTI JOIN messages USING (message_hash)""",
    "lists of messages with gaps": """
        SELECT count(*) FROM (SELECT 1 FROM span_messages GROUP BY span_id, direction
            HAVING min(position) <> 0 OR max(position) <> count(*) - 1)""",
    "spans that say they read more messages than there are": """
        SELECT count(*) FROM spans WHERE context_length > (
            SELECT count(*) FROM contexts WHERE contexts.context_id = spans.context_id)""",
    "attempts of spans that are not there": "SELECT count(*) FROM attempts ANTI JOIN spans USING (span_id)",
    "outputs of spans that are not there": "SELECT count(*) FROM outputs ANTI JOIN spans USING (span_id)",
    "scores of samples that are not there": """
        SELECT count(*) FROM scores ANTI JOIN samples USING (run_id, program, sample_id, repetition)""",
}
# What is no fault of the store, and good to know.
_NOTES: Final[dict[str, str]] = {
    "traces without a span at the root (it is not written yet, was sampled, or belongs to another program)": """
        SELECT count(*) FROM (SELECT 1 FROM spans GROUP BY trace_id HAVING count(*) FILTER (parent_id IS NULL) = 0)""",
    "links to spans that are not there": """
        SELECT count(*) FROM links WHERE linked_span_id NOT IN (SELECT span_id FROM spans)""",
}
_SKIPPED: Final = "SELECT segment, skipped, skipped_reason FROM segments WHERE skipped > 0 ORDER BY segment"
_RUNNING: Final = """
    SELECT 'span', span_id, session FROM spans WHERE status = 'running'
    UNION ALL SELECT 'run', run_id, session FROM runs WHERE status = 'running'
"""

State: TypeAlias = Literal["wrong", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found; `wrong` should not be, `note` is good to know; `mend` is what to do about it."""

    state: State
    about: str
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a check saw.

    Attributes:
        rows: relation -> how many.
        sizes: file or folder -> bytes.
        findings: what is wrong first.
    """

    rows: Mapping[str, int]
    sizes: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.state != "wrong" for finding in self.findings)


def check(store: Store, progress: Progress | None = None) -> Report:
    """Folds what is journalled, reads every row, and looks whether they fit together.

    Args:
        store: which. A file so damaged that it cannot be read is moved aside and rebuilt by the fold, with a warning,
            as for any question.
        progress: called with how many steps are done, of how many.

    Raises:
        StoreError: the store stayed busy, or its file cannot be opened or is newer.
    """
    store.fold()
    store.query("FROM store_info")  # which mends a damaged file
    compactor = store.compactor
    with (
        compactor.lock.shared(_WAIT_SECONDS),
        contextlib.closing(open_database(store.path, read_only=True)) as connection,
    ):
        rows: dict[str, int] = {}
        for number, relation in enumerate(COLUMNS):
            rows[relation] = _count(connection, " ".join(["SELECT count(hash(item)) FROM", relation, "AS item"]))
            if progress is not None:
                progress(number + 1, len(COLUMNS) + 1)
        found = [*_rows_wrong(connection, compactor.folder), *_files_wrong(connection, store)]
        if progress is not None:
            progress(len(COLUMNS) + 1, len(COLUMNS) + 1)
    sizes = {
        str(store.path): store.path.stat().st_size,
        str(compactor.folder): sum(segment.size for segment in segments(compactor.folder)),
        str(compactor.archive): sum(segment.size for segment in segments(compactor.archive)),
    }
    return Report(rows, sizes, tuple(sorted(found, key=lambda finding: finding.state == "note")))


def _rows_wrong(connection: duckdb.DuckDBPyConnection, journal: Path) -> Iterator[Finding]:
    for about, question in _NEVER.items():
        if count := _count(connection, question):
            yield Finding("wrong", f"{count:,} {about}", "workbench traces export, then import into a new store")
    for relation in ("spans", "attempts", "links", "contexts", "outputs", "messages"):
        key = ", ".join(KEYS[relation])
        question = ["SELECT count(*) FROM (SELECT 1 FROM", relation, "GROUP BY", key, "HAVING count(*) > 1)"]
        if count := _count(connection, " ".join(question)):
            yield Finding("wrong", f"{count:,} rows of {relation} are there more than once", "report it as a fault")
    if count := _other_bodies(connection):
        mend = "somebody changed the file; a rebuild from the journal's kept segments brings them back"
        yield Finding("wrong", f"{count:,} messages do not have the hash of their body", mend)
    if count := count_wrong(connection):
        yield Finding("wrong", f"{count:,} blocks of the text index miss what is in them", "workbench traces compact")
    for kind, name, session in connection.execute(_RUNNING).fetchall():
        if session is None or not is_alive(journal, str(session)):
            yield Finding("wrong", f"{kind} {name} is running, but its process is gone", "ask again: a fold ends it")
    for about, question in _NOTES.items():
        if count := _count(connection, question):
            yield Finding("note", f"{count:,} {about}")


def _other_bodies(connection: duckdb.DuckDBPyConnection) -> int:
    """How many messages have another content than their address says."""
    found = connection.execute("SELECT message_hash, body FROM messages")
    count = 0
    while fetched := found.fetchmany(_FETCHED):
        count += sum(message_hash(json.loads(body)) != digest for digest, body in fetched)
    return count


def _files_wrong(connection: duckdb.DuckDBPyConnection, store: Store) -> Iterator[Finding]:
    compactor = store.compactor
    marks = connection.execute("SELECT segment, folded_bytes, sealed FROM segments").fetchall()
    marked = {str(name): (int(folded), bool(sealed)) for name, folded, sealed in marks}
    for segment in segments(compactor.archive):
        if not marked.get(segment.name, (0, False))[1]:
            yield Finding(
                "wrong", f"{segment.name} is put away, but not wholly in the store", "ask again: it is folded"
            )
    for segment in segments(compactor.folder):
        yield from _segment_wrong(segment, marked.get(segment.name, (0, False))[0])
    for name, skipped, reason in connection.execute(_SKIPPED).fetchall():
        yield Finding("note", f"{skipped:,} lines of {name} are not in the store: {reason}")
    for path in leftovers(store.path):
        mend = "import what you need of it, then delete it"
        about = "was moved aside as damaged" if ".damaged-" in path.name else "was left by a rewriting that was killed"
        yield Finding("note", f"{path} {about}", mend)


def _segment_wrong(segment: Segment, folded: int) -> Iterator[Finding]:
    if segment.version > SCHEMA_VERSION:
        yield Finding("note", f"{segment.name} was written by a newer workbench, which will fold it")
    elif folded > segment.size:
        mend = "somebody cut the file; what was in it is in the store"
        yield Finding("wrong", f"{segment.name} has {segment.size:,} bytes, of which {folded:,} were read", mend)


def _count(connection: duckdb.DuckDBPyConnection, question: str) -> int:
    counted = connection.execute(question).fetchone()
    return int(counted[0]) if counted else 0
