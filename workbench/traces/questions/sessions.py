"""Sessions: the processes that asked, and what each came to."""

from __future__ import annotations

from typing import Final, Unpack

from workbench.traces.questions.filters import Filters, condition, filled, limited
from workbench.traces.questions.page import Page, Place, place
from workbench.traces.segment import is_alive, journal_folder
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

__all__ = ["sessions"]

_MOST: Final = 1000
_SESSIONS: Final = """
    SELECT session, min(started_at) AS first_at, max(coalesce(ended_at, started_at)) AS last_at,
           coalesce(list(DISTINCT notebook ORDER BY notebook) FILTER (notebook IS NOT NULL), []) AS notebooks,
           count(DISTINCT trace_id) AS traces, count(*) AS spans, count(*) FILTER ({is_call}) AS calls,
           count(*) FILTER (status = 'error') AS errors, count(*) FILTER (status = 'running') AS running,
           sum(input_tokens) FILTER ({is_call}) AS input_tokens,
           sum(output_tokens) FILTER ({is_call}) AS output_tokens, {costs},
           session IN (SELECT session FROM segments) AS is_ours
    FROM spans WHERE session IS NOT NULL AND {condition}
    GROUP BY session HAVING (first_at, session) < ($at, $id) ORDER BY first_at DESC, session DESC LIMIT $rows"""


def sessions(
    store: Store | None = None, *, limit: int = 100, after: str | None = None, **filters: Unpack[Filters]
) -> Page:
    """One row for each kernel or other process, the one that started last first.

    Args:
        store: where to look; the process's own by default.
        limit: rows of a page.
        after: the cursor of the page before.
        filters: which spans count; a session of which none does has no row.

    Returns:
        A page of session, first_at, last_at, notebooks, traces, spans, calls (of models), errors, running (spans
        without an end), input_tokens, output_tokens, known_cost_usd, cost_unknown (calls of unknown cost), cost_usd
        (None where one is unknown) and is_alive (None where the session wrote from elsewhere, such as an import).

    Raises:
        OptionError: a filter, limit or cursor that there is not.
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    chosen = store or current_store()
    where, begin = condition(filters), place(after)
    rows = limited(limit, _MOST)
    frame = chosen.query(
        filled(_SESSIONS, condition=where.sql), **where.parameters, at=begin.at, id=begin.id, rows=rows + 1
    )
    cursor = None
    if frame.height > rows:
        frame = frame.head(rows)
        cursor = str(Place(frame["first_at"][-1], frame["session"][-1]))
    folder = journal_folder(chosen.path)
    living = [
        is_alive(folder, session) or (False if ours else None)
        for session, ours in frame.select("session", "is_ours").iter_rows()
    ]
    import polars as pl

    alive = pl.Series("is_alive", living, dtype=pl.Boolean)
    return Page(frame.drop("is_ours").with_columns(alive), cursor)
