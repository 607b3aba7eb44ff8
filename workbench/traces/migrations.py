"""How a store of an older version becomes one of this: statements in one transaction."""

from __future__ import annotations

from typing import Final

import duckdb

from workbench.traces.layout import DEFINITIONS

__all__ = ["OLDEST", "create", "migrate"]

OLDEST: Final = 1

# Version 2: audio and image tokens, sampling, foreign libraries, feedback, papers and what tools were given; spans,
# attempts and links lose their indexes; lists of messages are stored once, plain bodies as their text alone.
_SECOND: Final = (
    *(f"ALTER TABLE {table} RENAME TO old_{table}" for table in ("spans", "attempts", "links")),
    *(f"ALTER TABLE {table} RENAME TO old_{table}" for table in ("span_messages", "messages")),
    *(DEFINITIONS[table] for table in ("spans", "attempts", "links", "contexts", "outputs", "message_bodies")),
    *(DEFINITIONS[table] for table in ("feedback", "papers", "span_messages", "messages")),
    """INSERT INTO spans BY NAME
        SELECT old_spans.*, read.length AS context_length, CASE WHEN read.length > 0 THEN span_id END AS context_id
        FROM old_spans LEFT JOIN (
            SELECT span_id, count(*)::INTEGER AS length FROM old_span_messages WHERE direction = 'input'
            GROUP BY span_id
        ) AS read USING (span_id) ORDER BY started_at""",
    "INSERT INTO attempts BY NAME SELECT * FROM old_attempts",
    "INSERT INTO links BY NAME SELECT * FROM old_links",
    "INSERT INTO contexts SELECT span_id, position, message_hash FROM old_span_messages WHERE direction = 'input'",
    "INSERT INTO outputs SELECT span_id, position, message_hash FROM old_span_messages WHERE direction = 'output'",
    """INSERT INTO message_bodies BY NAME SELECT message_hash, role, text, nullif(list_aggregate([
            concat(part->>'name', ' ', coalesce(part->'arguments', part->'response'))
            FOR part IN from_json(body->'parts', '["JSON"]') IF part->>'type' LIKE 'tool_call%'
        ], 'string_agg', chr(10)), '') AS tool_text,
        CASE WHEN body <> json_object('parts', json_array(json_object('content', text, 'type', 'text')), 'role', role)
            THEN body END AS body FROM old_messages""",
    *(f"DROP TABLE old_{table}" for table in ("span_messages", "messages", "spans", "attempts", "links")),
)

# Version 3: which words stand where in the texts; folds fill it little by little.
_THIRD: Final = (DEFINITIONS["text_blocks"],)

# From version n to n + 1.
_STEPS: Final[dict[int, tuple[str, ...]]] = {1: _SECOND, 2: _THIRD}


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the tables and views of this version in an empty database."""
    for statement in DEFINITIONS.values():
        connection.execute(statement)


def migrate(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    """Carries the tables forward from this version; the caller's transaction makes it all or nothing.

    Raises:
        duckdb.CatalogException: the tables are not those of the version.
    """
    for _, statements in sorted(step for step in _STEPS.items() if step[0] >= version):
        for statement in statements:
            connection.execute(statement)
