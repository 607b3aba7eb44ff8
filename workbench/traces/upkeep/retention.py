"""Retention: the oldest traces go, by age, by number or by the size of the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from workbench.errors import OptionError
from workbench.traces.schema import SCHEMA_VERSION
from workbench.traces.segment import Segment, segments
from workbench.traces.store import Store
from workbench.traces.upkeep.rewriting import Progress, attached, rewrite
from workbench.traces.upkeep.segments import without_spans, write_anew

__all__ = ["Pruned", "Retention", "prune"]

_WAIT_SECONDS: Final = 30.0
_ROUNDS: Final = 6  # of cutting to a size: how much a trace takes in the file is only estimated

# Each trace with its end, and whether it may go: it is not under way, and nobody has judged it.
_TRACES: Final = """
    CREATE OR REPLACE TEMP TABLE traces AS
    WITH judged AS (
        SELECT trace_id FROM old.feedback WHERE trace_id IS NOT NULL
        UNION SELECT spans.trace_id FROM old.feedback JOIN old.spans USING (span_id)
        UNION SELECT trace_id FROM old.samples SEMI JOIN old.scores USING (run_id, program, sample_id, repetition)
        WHERE trace_id IS NOT NULL
        UNION SELECT trace_id FROM old.spans SEMI JOIN old.scores USING (run_id, program, sample_id, repetition)
    )
    SELECT trace_id, max(coalesce(ended_at, started_at)) AS ended_at, count(*) AS spans,
        row_number() OVER (ORDER BY max(coalesce(ended_at, started_at)) DESC, trace_id DESC) AS place,
        NOT bool_or(status = 'running') AS is_over, trace_id IN (SELECT trace_id FROM judged) AS is_judged
    FROM old.spans GROUP BY trace_id
"""
# About how much of the file goes with each trace; a message goes with the last one that needs it.
_WEIGHTS: Final = """
    CREATE OR REPLACE TEMP TABLE weights AS
    WITH uses AS (
        SELECT trace_id, message_hash FROM old.span_messages JOIN old.spans USING (span_id)
    ), last_uses AS (
        SELECT message_hash, arg_max(trace_id, (ended_at, trace_id)) AS trace_id
        FROM uses JOIN traces USING (trace_id) GROUP BY message_hash
    ), texts AS (
        SELECT trace_id, sum(strlen(text) + coalesce(strlen(tool_text), 0) + coalesce(strlen(body), 0)) AS bytes
        FROM last_uses JOIN old.message_bodies USING (message_hash) GROUP BY trace_id
    ), rows AS (
        SELECT trace_id, sum(200 + coalesce(strlen(attributes), 0)) AS bytes FROM old.spans GROUP BY trace_id
    )
    SELECT trace_id, coalesce(texts.bytes, 0) + rows.bytes AS bytes FROM rows LEFT JOIN texts USING (trace_id)
"""
_GONE: Final = """
    CREATE OR REPLACE TEMP TABLE gone AS
    WITH candidates AS (
        SELECT *, sum(bytes) OVER oldest AS bytes_until
        FROM traces JOIN weights USING (trace_id) WHERE is_over AND ($judged_too OR NOT is_judged)
        WINDOW oldest AS (ORDER BY ended_at, trace_id ROWS UNBOUNDED PRECEDING)
    )
    SELECT trace_id, spans, ended_at FROM candidates
    WHERE ended_at < $before OR place > $keep
        OR bytes_until - bytes < $share * (SELECT sum(bytes) FROM weights)
"""
_GONE_SPANS: Final = """
    CREATE OR REPLACE TEMP TABLE gone_spans AS SELECT span_id FROM old.spans SEMI JOIN gone USING (trace_id)
"""
_JUDGED: Final = """
    SELECT count(*) FROM traces WHERE is_judged AND NOT EXISTS (FROM gone WHERE gone.trace_id = traces.trace_id)
"""
_ID: Final = re.compile(r'"span_id":"([^"]*)"')
_QUESTIONS: Final[dict[str, str]] = {
    "spans": "SELECT * FROM old.spans ANTI JOIN gone_spans USING (span_id) ORDER BY started_at, span_id",
    "attempts": "SELECT * FROM old.attempts ANTI JOIN gone_spans USING (span_id)",
    "links": "SELECT * FROM old.links ANTI JOIN gone_spans USING (span_id)",
    "outputs": "SELECT * FROM old.outputs ANTI JOIN gone_spans USING (span_id)",
    "feedback": "SELECT * FROM old.feedback ANTI JOIN gone_spans USING (span_id)",
    "contexts": """
        SELECT contexts.* FROM old.contexts JOIN (
            SELECT context_id, max(context_length) AS length FROM old.spans ANTI JOIN gone_spans USING (span_id)
            GROUP BY context_id
        ) USING (context_id) WHERE position < length""",
    "message_bodies": """
        SELECT * FROM old.message_bodies WHERE message_hash IN (SELECT message_hash FROM new.contexts)
        OR message_hash IN (SELECT message_hash FROM new.outputs)""",
}


@dataclass(frozen=True, slots=True)
class Retention:
    """What stays; a trace goes that any of the rules lets go.

    Args:
        older_than: how long after its end a trace goes.
        keep: how many traces stay.
        max_bytes: how large the file may be.
        judged_too: whether also traces go that have feedback or scores.

    Raises:
        OptionError: no rule is given, or one is negative.
    """

    older_than: timedelta | None = None
    keep: int | None = None
    max_bytes: int | None = None
    judged_too: bool = False

    def __post_init__(self) -> None:
        rules = [self.older_than, self.keep, self.max_bytes]
        if all(rule is None for rule in rules):
            raise OptionError("Nothing says which traces go.", hint="--older-than 90d, --keep 100000 or --max-size 2GB")
        if (self.older_than or timedelta()) < timedelta() or (self.keep or 0) < 0 or (self.max_bytes or 0) < 0:
            raise OptionError(f"A rule is negative: {self!r}.")

    def values(self, now: datetime) -> dict[str, Any]:
        """The rules as values of the question which traces go."""
        return {
            "judged_too": self.judged_too,
            "before": datetime.min if self.older_than is None else now - self.older_than,
            "keep": 2**62 if self.keep is None else self.keep,
        }


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went, or would go.

    Attributes:
        traces: how many.
        spans: how many.
        until: the end of the youngest of them; None where none went.
        judged: how many stay that have feedback or scores.
        bytes_before: of the file.
        bytes_after: of the file; None where nothing was done.
    """

    traces: int
    spans: int
    until: datetime | None
    judged: int
    bytes_before: int
    bytes_after: int | None = None


def prune(store: Store, retention: Retention, *, dry_run: bool = False, progress: Progress | None = None) -> Pruned:
    """Removes whole traces, from the oldest on, with the messages that no other trace needs.

    They go from the file and from the segments that are kept to rebuild it. A trace that is under way stays; so does
    one with feedback or scores, unless these may go too. Runs, samples, scores and metrics stay.

    Args:
        store: which; everything journalled is folded in first.
        retention: what stays.
        dry_run: whether only to say what would go.
        progress: called with how many tables are written, of how many.

    Raises:
        StoreError: the store stayed busy, or the new file cannot be written; the old one is in place then.
    """
    store.fold()
    values = retention.values(datetime.now(UTC).replace(tzinfo=None))
    with store.compactor.lock.exclusive(_WAIT_SECONDS):
        before = store.path.stat().st_size
        if retention.max_bytes is not None and not dry_run:
            rewrite(store, lambda _: {})  # room that is free in the file is no trace's fault
        traces = spans = judged = 0
        until: datetime | None = None
        for _ in range(_ROUNDS):
            share = _share_over(store.path, retention.max_bytes)
            with attached(store.path) as connection:
                _choose(connection, values, share)
                found, judged = _found(connection)
                ids = _ids(connection)
            traces, spans, until = traces + found[0], spans + found[1], found[2] or until
            if dry_run or not found[0]:
                break
            _forget_in_archive(store.compactor.archive, ids)
            rewrite(store, lambda connection: _without(connection, values, share), progress)  # noqa: B023 - called here
            if not _share_over(store.path, retention.max_bytes):
                break
        after = None if dry_run else store.path.stat().st_size
    return Pruned(traces, spans, until, judged, before, after)


def _share_over(path: Path, max_bytes: int | None) -> float:
    """Which part of the file is too much."""
    size = path.stat().st_size
    return 0.0 if max_bytes is None else max(0.0, (size - max_bytes) / size)


def _choose(connection: duckdb.DuckDBPyConnection, values: dict[str, Any], share: float) -> None:
    connection.execute(_TRACES)
    connection.execute(_WEIGHTS)
    connection.execute(_GONE, {**values, "share": share})
    connection.execute(_GONE_SPANS)


def _without(connection: duckdb.DuckDBPyConnection, values: dict[str, Any], share: float) -> dict[str, str]:
    _choose(connection, values, share)
    return _QUESTIONS


def _found(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[int, int, datetime | None], int]:
    """Traces and spans that go and the end of the last; and how many stay because somebody judged them."""
    gone = connection.execute("SELECT count(*), coalesce(sum(spans), 0)::BIGINT, max(ended_at) FROM gone").fetchone()
    judged = connection.execute(_JUDGED).fetchone()
    assert gone is not None
    assert judged is not None
    return (gone[0], gone[1], gone[2]), judged[0]


def _ids(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    return frozenset(str(row[0]) for row in connection.execute("SELECT span_id FROM gone_spans").fetchall())


def _forget_in_archive(archive: Path, ids: frozenset[str]) -> None:
    """Takes the spans out of the kept segments, from which a damaged store would be rebuilt with them."""
    for segment in segments(archive):
        if segment.version <= SCHEMA_VERSION and _mentions(segment, ids):
            write_anew(segment, without_spans(segment, ids.__contains__))


def _mentions(segment: Segment, ids: frozenset[str]) -> bool:
    content = segment.path.read_bytes().decode("utf-8", "replace")
    return not ids.isdisjoint(_ID.findall(content))
