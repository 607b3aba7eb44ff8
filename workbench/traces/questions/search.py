"""Search: words in what was asked, said, given to tools and given back by them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Unpack

from workbench.errors import OptionError, StoreError
from workbench.traces.questions.filters import Filters, condition, filled, limited
from workbench.traces.questions.page import Page, Place, place
from workbench.traces.store import Store
from workbench.traces.store import store as current_store
from workbench.traces.text_index import rows_with

if TYPE_CHECKING:
    import polars as pl

    from workbench.traces.sql import Reader

__all__ = ["search"]

_MOST: Final = 500
_AROUND: Final = 80
_WORD: Final = re.compile(r'"([^"]+)"|(\S+)')
# Of each message that has all the words, the newest span that the filters let through; what it wrote rather than read.
_FOUND: Final = """
    WITH hits AS MATERIALIZED (SELECT message_hash FROM message_bodies WHERE {among} AND {matches}),
    chosen AS (
        SELECT span_id, trace_id, started_at, name, model, notebook, conversation, context_id, context_length
        FROM spans WHERE {condition}
    ), places AS (
        SELECT chosen.*, 'output' AS direction, message_hash FROM outputs SEMI JOIN hits USING (message_hash)
            JOIN chosen USING (span_id)
        UNION ALL
        SELECT chosen.*, 'input', message_hash FROM contexts SEMI JOIN hits USING (message_hash)
            JOIN chosen ON chosen.context_id = contexts.context_id AND position < context_length
    ), newest AS (
        SELECT message_hash, count(*) AS spans,
            arg_max(places, (started_at, direction, span_id)) AS newest
        FROM places GROUP BY message_hash
    )
    SELECT newest.started_at AS started_at, newest.trace_id AS trace_id, newest.span_id AS span_id,
        newest.direction AS direction, newest.name AS name, newest.model AS model, newest.notebook AS notebook,
        newest.conversation AS conversation, spans, message_hash
    FROM newest WHERE (newest.started_at, message_hash) < ($at, $id)
    ORDER BY started_at DESC, message_hash DESC LIMIT $rows"""
_TEXTS: Final = """
    SELECT message_hash, role, text, tool_text,
        CASE WHEN regexp_matches(text, $pattern) THEN
            struct_pack(hit := regexp_extract(text, $pattern), before := regexp_extract(text, $before, 1)) END AS said,
        CASE WHEN regexp_matches(tool_text, $pattern) THEN
            struct_pack(hit := regexp_extract(tool_text, $pattern), before := regexp_extract(tool_text, $before, 1))
            END AS used
    FROM message_bodies WHERE {among} AND list_contains($hashes, message_hash)"""


def search(
    text: str,
    store: Store | None = None,
    *,
    ignore_case: bool = False,
    regex: bool = False,
    limit: int = 50,
    after: str | None = None,
    **filters: Unpack[Filters],
) -> Page:
    """Messages with these words in their text, or in the names, arguments and results of their tool calls.

    A message that many calls read is found once, with its newest call.

    Args:
        text: words, all of which must be there, anywhere; `"in quotes"` they are one.
        store: where to look; the process's own by default.
        ignore_case: whether `A` finds `a`.
        regex: whether the text is one regular expression of RE2 (no look-around, no back references).
        limit: rows of a page.
        after: the cursor of the page before, of the same search.
        filters: which spans count.

    Returns:
        A page, newest first, of started_at, trace_id, span_id, direction (`output` where the span wrote it, `input`
        where it read it), name, model, notebook and conversation (of the newest span), spans (how many read or wrote
        it), message_hash, role, found_in (`text` or `tool_text`), snippet, start and end (of the first hit, in the
        snippet), offset (of the hit, in characters of the whole).

    Raises:
        OptionError: nothing to search for, a regular expression that cannot be read, or an unknown filter.
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    chosen = store or current_store()
    begin, rows = place(after), limited(limit, _MOST)
    words = [text] if regex else [quoted or bare for quoted, bare in _WORD.findall(text)]
    if not any(words):
        raise OptionError(f"search was given {text!r}; it takes words.", hint="search('rate limit')")
    if regex:
        _require_pattern(chosen, text)
    where = condition(filters)
    sql = filled(_FOUND, condition=where.sql, matches=_matches(len(words), ignore_case or regex))
    flag = "(?i)" if ignore_case else ""
    patterns = [flag + (word if regex else re.escape(word)) for word in words]
    needles = patterns if ignore_case or regex else words
    given = {f"word_{number}": needle for number, needle in enumerate(needles)}
    either = "|".join(f"(?:{pattern})" for pattern in patterns)

    def ask(reader: Reader) -> Page:
        among = "true" if regex else rows_with(reader, [[word] for word in words], ignore_case=ignore_case)
        found = reader.query(
            filled(sql, among=among), **where.parameters, **given, at=begin.at, id=begin.id, rows=rows + 1
        )
        shown = found.head(rows)
        cursor = str(Place(shown["started_at"][-1], shown["message_hash"][-1])) if found.height > rows else None
        return Page(_with_snippets(reader, shown, either, among), cursor)

    return chosen.read(ask)


def _require_pattern(store: Store, pattern: str) -> None:
    """Asks DuckDB, whose regular expressions are not Python's."""
    try:
        store.query("SELECT regexp_matches('', $pattern)", pattern=pattern)
    except StoreError as error:
        reason = error.message.rpartition("Error: ")[2].strip()
        raise OptionError(
            f"search was given {pattern!r}, which is no regular expression of RE2: {reason}",
            hint="leave regex=True away to search for the text as it is",
        ) from None


def _matches(words: int, is_pattern: bool) -> str:
    test = "regexp_matches({column}, $word_{number})" if is_pattern else "contains({column}, $word_{number})"
    return " AND ".join(
        f"({test.format(column='text', number=number)} OR {test.format(column='tool_text', number=number)})"
        for number in range(words)
    )


def _with_snippets(reader: Reader, shown: pl.DataFrame, pattern: str, among: str) -> pl.DataFrame:
    import polars as pl

    texts = reader.query(
        filled(_TEXTS, among=among),
        pattern=pattern,
        before=f"^((?s:.)*?)(?:{pattern})",
        hashes=shown["message_hash"].to_list(),
    )
    cut = {row["message_hash"]: _snippet(row) for row in texts.iter_rows(named=True)}
    kinds: dict[str, Any] = {"role": pl.String, "found_in": pl.String, "snippet": pl.String}
    kinds |= dict.fromkeys(("start", "end", "offset"), pl.Int64)
    return shown.hstack(pl.DataFrame([cut[one] for one in shown["message_hash"]], schema=kinds))


def _snippet(row: dict[str, Any]) -> dict[str, Any]:
    """The first hit with what stands around it."""
    found_in = "text" if row["said"] is not None else "tool_text"
    hit: dict[str, str] = row["said"] or row["used"]
    text: str = row[found_in]
    offset, length = len(hit["before"]), len(hit["hit"])
    since = max(offset - _AROUND, 0)
    return {
        "role": row["role"],
        "found_in": found_in,
        "snippet": text[since : offset + min(length, 5 * _AROUND) + _AROUND],
        "start": offset - since,
        "end": offset - since + min(length, 5 * _AROUND),
        "offset": offset,
    }
