"""Errors: what went wrong, sorted into kinds, also where a later attempt went well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Unpack

from workbench.traces.questions.filters import Filters, condition, filled, limited
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    import polars as pl

__all__ = ["KINDS", "errors", "kind_of"]

_MOST: Final = 5000

# kind -> what is looked for in error type, status code and message; the first kind that fits counts
KINDS: Final[dict[str, re.Pattern[str]]] = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "interrupted": r"\binterrupted\b|KeyboardInterrupt|CancelledError|GeneratorExit",
        "content_filter": r"content_?filter|content polic|safety|flagged|refus(ed|al) to",
        "rate_limited": r"rate_?limit|\b429\b|too many requests|quota|insufficient_quota|overloaded|\b529\b",
        "timeout": r"time(d[ _-]?| ?-?)out|TimeoutError|deadline|\b(408|504)\b",
        "authentication": r"authenticat|unauthori[sz]ed|missing_key|api[ _]key|forbidden|permission|\b40[13]\b",
        "context_length": r"context[ _](length|window)|maximum context|too many tokens|prompt is too long",
        "unknown_model": r"unknown_model|model.{0,40}(not found|does not exist)|\b404\b",
        "connection": r"connection|ConnectError|\bDNS\b|ECONN|socket|unreachable|broken pipe",
        "server": r"\bserver\b|\b5\d\d\b|service unavailable|bad gateway|internal error",
        "bad_request": r"\brequest\b|bad ?request|\b4(00|22)\b|invalid_request|capability",
        "bad_response": r"\bresponse\b|JSONDecodeError|ValidationError|parse|malformed",
    }.items()
}
# Numbers, ids, quoted words and addresses are taken out, so that the same failure reads the same.
_TEMPLATE: Final = r"""
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(left(message, 500),
        '[a-z]+://\S+', '<url>', 'g'),
        '[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\b(0x)?[0-9a-fA-F]*[0-9][0-9a-fA-F]{7,}\b|\b\w{2,6}[-_][0-9A-Za-z]{12,}\b',
        '<id>', 'g'),
        '[''"`][^''"`\n]{1,80}[''"`]', '<text>', 'g'),
        '[0-9]+([.,:][0-9]+)*', '<n>', 'g')"""
_FAILURES: Final = """
    WITH chosen AS (SELECT * FROM spans WHERE {condition}),
    failed AS (
        SELECT * FROM chosen WHERE status IN ('error', 'interrupted') OR finish_reason = 'content_filter'
    ), origins AS (
        SELECT *, EXISTS (
            SELECT 1 FROM failed AS below WHERE below.parent_id = failed.span_id AND below.status = failed.status
                AND below.error_message IS NOT DISTINCT FROM failed.error_message
        ) AS is_passed_on FROM failed
    ), every AS (
        SELECT span_id, trace_id, started_at, operation, model, method, tool_name, NULL::INTEGER AS status_code, status,
            if(status = 'ok', 'content_filter', error_type) AS error_type, error_message AS message,
            false AS is_attempt, false AS is_recovered
        FROM origins WHERE NOT is_passed_on
        UNION ALL
        SELECT span_id, trace_id, coalesce(attempts.started_at, chosen.started_at), operation, model, method, tool_name,
            status_code, 'error', attempts.error_type, attempts.error_message, true, status = 'ok'
        FROM attempts JOIN chosen USING (span_id)
        WHERE attempts.error_type IS NOT NULL OR attempts.error_message IS NOT NULL OR status_code >= 400
    )
    SELECT operation, error_type, status_code, status, model, method, tool_name, {template} AS template,
        count(*) FILTER (NOT is_attempt) AS spans, count(*) FILTER (is_attempt) AS attempts,
        count(*) FILTER (is_recovered) AS recovered, count(DISTINCT trace_id) AS traces,
        min(started_at) AS first_at, max(started_at) AS last_at, arg_max(trace_id, started_at) AS example_trace_id,
        arg_max(span_id, started_at) AS example_span_id, arg_max(left(message, 500), started_at) AS example
    FROM every GROUP BY ALL ORDER BY spans + attempts DESC, last_at DESC LIMIT $rows"""


def errors(store: Store | None = None, *, limit: int = 200, **filters: Unpack[Filters]) -> pl.DataFrame:
    """What failed, the most frequent first: spans, and attempts at a provider even where a later one went well.

    An error that passed through several spans is counted at the innermost one. Calls that a content filter stopped are
    among them.

    Args:
        store: where to look; the process's own by default.
        limit: rows at most.
        filters: which spans count.

    Returns:
        kind (one of `KINDS`, `tool_error`, or `other`), operation, error_type, status_code, status, model, method,
        tool_name, template (the message without its numbers, ids, addresses and quoted words), spans (that failed so),
        attempts (that failed so), recovered (of these attempts, in spans that went well in the end), traces, first_at,
        last_at, example_trace_id, example_span_id, example (the newest message).

    Raises:
        OptionError: a filter or limit that there is not.
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    import polars as pl

    where = condition(filters)
    sql = filled(_FAILURES, condition=where.sql, template=_TEMPLATE)
    frame = (store or current_store()).query(sql, **where.parameters, rows=limited(limit, _MOST))
    kinds = pl.Series("kind", [kind_of(row) for row in frame.iter_rows(named=True)], dtype=pl.String)
    return frame.drop("status").insert_column(0, kinds) if frame.width else frame


def kind_of(row: dict[str, Any]) -> str:
    """The kind of a failure, by its status, error_type, status_code and example.

    Example:
        >>> kind_of({"error_type": "rate_limit", "example": "slow down"})
        'rate_limited'
        >>> kind_of({"operation": "execute_tool", "error_type": "ValueError", "example": "no 7"})
        'tool_error'
    """
    said = " ".join(str(row[name]) for name in ("status", "error_type", "status_code") if row.get(name) is not None)
    if row.get("operation") == "execute_tool" and row.get("status") != "interrupted":
        return "timeout" if KINDS["timeout"].search(said) else "tool_error"
    for text in (said, row.get("example") or ""):  # what was named counts more than what the words sound like
        for kind, pattern in KINDS.items():
            if pattern.search(text):
                return kind
    return "other"
