"""The list of traces, newest first, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Unpack

from workbench.traces.questions.filters import filled, limited, naive_utc
from workbench.traces.questions.page import Page, Place, place
from workbench.traces.questions.trace_filters import TraceFilters, Wanted, wanted
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    import polars as pl

    from workbench.traces.sql import Reader

__all__ = ["traces_page"]

_MOST: Final = 500
_WORDS: Final = 160
# how much earlier than its root a span may seem to start, by another machine's clock
_SKEW: Final = timedelta(hours=1)

# The newest traces by their roots' start. Traces whose root is not stored are looked for only as far back as those
# roots reach: a grouping of all spans by trace would take several times as long.
_NEWEST: Final = """
    WITH wanted AS MATERIALIZED ({wanted}), {ours}
    roots AS MATERIALIZED (
        SELECT trace_id, started_at AS began FROM {spans}
        WHERE parent_id IS NULL AND started_at >= $since AND started_at < $until
            AND (started_at, trace_id) < ($at, $id) AND {is_wanted}
        ORDER BY began DESC, trace_id DESC LIMIT $rows
    ), reach AS (SELECT CASE WHEN count(*) = $rows THEN min(began) ELSE $since END AS lowest FROM roots),
    suspects AS (
        SELECT trace_id FROM {spans}
        WHERE started_at >= (SELECT lowest FROM reach) AND started_at < $until AND started_at <= $at AND {is_wanted}
        GROUP BY trace_id HAVING count(parent_id) = count(*)
    ), rootless AS (
        SELECT trace_id, min(started_at) AS began FROM {spans} WHERE trace_id IN (SELECT trace_id FROM suspects)
        GROUP BY trace_id
        HAVING count(parent_id) = count(*) AND began >= $since AND (began, trace_id) < ($at, $id)
    )
    SELECT trace_id, min(began) AS began, (SELECT count(*) FROM roots) = $rows AS has_more
    FROM (SELECT * FROM roots UNION ALL SELECT * FROM rootless)
    GROUP BY trace_id ORDER BY began DESC, trace_id DESC LIMIT $rows"""
# Where all rows are looked at and few traces are wanted, their spans are read once, not for each of these.
_OURS: Final = """ours AS MATERIALIZED (
        SELECT trace_id, parent_id, started_at FROM spans
        WHERE started_at >= $earliest AND trace_id IN (SELECT trace_id FROM wanted)
    ),"""
# When the row began that is so many rows before the cursor's in the table, where rows are about in the order of time.
_BACK: Final = """
    SELECT min(started_at) AS floor, (SELECT min(rowid) FROM spans) >= $first AS is_all FROM spans
    WHERE rowid BETWEEN $first AND $first + 2048"""
_LAST: Final = "SELECT max(rowid) AS last FROM spans WHERE started_at <= $at"
# Rows that are looked at first, and then; at last all are.
_WINDOWS: Final = (20_000, 200_000)
_SUMMARIES: Final = """
    WITH ours AS (
        SELECT *, row_number() OVER (PARTITION BY trace_id ORDER BY parent_id IS NOT NULL, started_at, span_id)
            AS place
        FROM spans WHERE trace_id IN (SELECT unnest($traces)) AND started_at >= $earliest
    )
    SELECT trace_id, count(parent_id) = count(*) AS is_rootless, max(name) FILTER (place = 1) AS name,
        max(notebook) FILTER (place = 1) AS notebook,
        max(cell_id) FILTER (place = 1) AS cell_id, max(execution_count) FILTER (place = 1) AS execution_count,
        max(session) FILTER (place = 1) AS session,
        max(conversation) FILTER (place = 1) AS conversation, max(method) AS method,
        CASE WHEN bool_or(status = 'running') THEN 'running' WHEN bool_or(status = 'error') THEN 'error'
            WHEN bool_or(status = 'interrupted') THEN 'interrupted' ELSE 'ok' END AS worst_status,
        max(status) FILTER (place = 1) AS status, min(started_at) FILTER (place = 1) AS started_at,
        CASE WHEN is_rootless THEN date_diff('microsecond', min(ours.started_at), max(ended_at)) / 1000
            ELSE max(duration_ms) FILTER (place = 1) END AS duration_ms,
        count(*) AS spans, count(*) FILTER ({is_call}) AS calls,
        coalesce(list(DISTINCT model ORDER BY model) FILTER (model IS NOT NULL), []) AS models,
        sum(input_tokens) FILTER ({is_call}) AS input_tokens, sum(output_tokens) FILTER ({is_call}) AS output_tokens,
        {costs},
        count(*) FILTER (status = 'error') AS errors,
        max(span_id) FILTER (place = 1) AS root_id,
        arg_min(struct_pack(context_id, context_length), place) FILTER (context_length > 0) AS asked,
        arg_max(span_id, coalesce(ended_at, started_at)) FILTER ({is_call}) AS last_call_id
    FROM ours GROUP BY trace_id"""
_HASHES: Final = """
    SELECT context_id AS id, position, message_hash FROM contexts
    WHERE {among_contexts} AND list_contains($contexts, context_id)
    UNION ALL SELECT span_id, -1, message_hash FROM outputs
    WHERE {among_outputs} AND list_contains($spans, span_id) AND position = 0"""
_ROWS: Final = """
    SELECT rowid AS row FROM message_bodies
    WHERE {among_message_bodies} AND message_hash IN (SELECT unnest($hashes))"""
# not IN: that would read every text in these rows before it looks at the hash
_TEXTS: Final = """
    SELECT message_hash, left(trim(text), $words) AS text FROM message_bodies
    WHERE ({stretches}) AND list_contains($hashes, message_hash)"""
_STRETCH: Final = 2048  # rows that DuckDB unpacks at once
# Rows are stored in the order in which they came, so what the newest traces said is at the end of each table. It is
# looked for there first, and at last everywhere, where that was not all: a table's end takes a part of the time.
_END: Final = "rowid >= (SELECT max(rowid) - {end} FROM {table})"
_ENDS: Final = (16_384, 131_072, None)


def traces_page(
    store: Store | None = None, *, limit: int = 50, after: str | None = None, **filters: Unpack[TraceFilters]
) -> Page:
    """The traces, newest first.

    Args:
        store: where to look; the process's own by default.
        limit: rows of a page; it has fewer where a trace has several roots.
        after: the cursor of the page before.
        filters: `since` and `until` are about a trace's start; of those of spans, one span of the trace must meet all.

    Returns:
        A page of trace_id, is_rootless (its first span's parent is not in the store), name, notebook, cell_id,
        execution_count, session and conversation (of its first span), method, worst_status (of all its spans: running,
        error, interrupted, ok), status (the first span's), started_at, duration_ms (the root's; without one, to the
        last end), spans, calls (of models), models, input_tokens, output_tokens, known_cost_usd, cost_unknown,
        cost_usd, errors, question and answer (their first words; NULL where no message was stored).

    Raises:
        OptionError: a filter, limit or cursor that there is not.
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    chosen = store or current_store()
    rows, begin = limited(limit, _MOST), place(after)
    return chosen.read(lambda reader: _page(reader, rows, begin, dict(filters)))


def _page(reader: Reader, rows: int, begin: Place, filters: dict[str, Any]) -> Page:
    newest = _newest(reader, begin, rows + 1, filters)
    shown = newest.head(rows)
    has_more = newest.height > rows or any(newest["has_more"])
    cursor = str(Place(shown["began"][-1], shown["trace_id"][-1])) if has_more else None
    earliest = min(shown["began"], default=begin.at) - _SKEW
    found = reader.query(filled(_SUMMARIES), traces=shown["trace_id"].to_list(), earliest=earliest)
    found = shown.join(found, on="trace_id", how="inner", maintain_order="left")
    found = found.filter(found["began"] == found["started_at"])  # a trace of two roots is listed by its first
    found = _with_words(reader, found)
    return Page(found.drop("began", "has_more", "root_id", "asked", "last_call_id"), cursor)


def _newest(reader: Reader, begin: Place, rows: int, filters: dict[str, Any]) -> pl.DataFrame:
    """The newest traces, looked for among the newest rows before all are looked at."""
    since, until = filters.pop("since", None), filters.pop("until", None)
    chosen = wanted(filters, reader)
    given = {
        "since": datetime.min if since is None else naive_utc(since),
        "until": datetime.max if until is None else naive_utc(until),
        "at": begin.at,
        "id": begin.id,
        "rows": rows,
    }
    last = 0 if chosen.reads_texts else reader.query(_LAST, at=min(given["at"], given["until"])).item() or 0
    for window in _WINDOWS:
        if window >= last:
            break
        floor, is_all = reader.query(_BACK, first=max(last - window, 0)).row(0)
        if is_all or floor is None or floor <= given["since"]:
            break
        found = _among_rows(reader, chosen, {**given, "since": floor, "earliest": floor - _SKEW})
        if found.height == rows:  # what began earlier is not among the newest
            return found
    return _among_rows(reader, chosen, {**given, "earliest": datetime.min})


def _among_rows(reader: Reader, chosen: Wanted, given: Mapping[str, Any]) -> pl.DataFrame:
    if chosen.is_open:  # then nothing asks for `earliest`, and a value that is not asked for is refused
        asked, values = "SELECT '' AS trace_id", {name: value for name, value in given.items() if name != "earliest"}
    else:
        asked, values = chosen.sql, {**chosen.parameters, **given}
    is_wanted = "true" if chosen.is_open or chosen.reads_texts else "trace_id IN (SELECT trace_id FROM wanted)"
    ours, spans = (_OURS, "ours") if chosen.reads_texts else ("", "spans")
    return reader.query(filled(_NEWEST, wanted=asked, ours=ours, spans=spans, is_wanted=is_wanted), **values)


def _with_words(reader: Reader, found: pl.DataFrame) -> pl.DataFrame:
    """Adds the first words of the last message that the trace was asked with, and of what it answered."""
    import polars as pl

    rows = found.rows(named=True)
    asked, said = _hashes(reader, rows)
    texts: dict[str | None, str] = {**_texts(reader, {one for one in (*asked, *said) if one is not None})}
    return found.with_columns(
        pl.Series("question", [texts.get(one) for one in asked], dtype=pl.String),
        pl.Series("answer", [texts.get(one) for one in said], dtype=pl.String),
    )


def _hashes(reader: Reader, rows: Sequence[Mapping[str, Any]]) -> tuple[list[str | None], list[str | None]]:
    """For each trace the message that it was asked with, and the one that it answered; None where there is none."""
    contexts = [row["asked"]["context_id"] for row in rows if row["asked"] is not None]
    spans = [row[name] for row in rows for name in ("root_id", "last_call_id") if row[name] is not None]
    asked: list[str | None] = []
    said: list[str | None] = []
    for end in _ENDS:
        sql = filled(_HASHES, **_among("contexts", end), **_among("outputs", end))
        found = reader.query(sql, contexts=contexts, spans=spans)
        known: dict[tuple[str | None, int], str] = {(id, place): digest for id, place, digest in found.iter_rows()}
        asked = [
            None if (one := row["asked"]) is None else known.get((one["context_id"], one["context_length"] - 1))
            for row in rows
        ]
        said = [known.get((row["root_id"], -1)) or known.get((row["last_call_id"], -1)) for row in rows]
        if all(said) and asked.count(None) == len(rows) - len(contexts):
            break
    return asked, said


def _texts(reader: Reader, hashes: set[str]) -> dict[str, str]:
    """The first words of messages: where they are is read from the hashes alone, then only what is there."""
    rows: list[int] = []
    for end in _ENDS:
        if len(rows) < len(hashes):
            sql = filled(_ROWS, **_among("message_bodies", end))
            rows = reader.query(sql, hashes=sorted(hashes))["row"].to_list()
    if not rows:
        return {}
    stretches = (f"rowid BETWEEN {first} AND {first + _STRETCH - 1}" for first in sorted({_begin(row) for row in rows}))
    sql = filled(_TEXTS, stretches=" OR ".join(stretches))
    return dict(reader.query(sql, hashes=sorted(hashes), words=_WORDS).iter_rows())


def _begin(row: int) -> int:
    return row - row % _STRETCH


def _among(table: str, end: int | None) -> dict[str, str]:
    return {f"among_{table}": "true" if end is None else filled(_END, table=table, end=str(end))}
