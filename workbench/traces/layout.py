"""How the relations of the schema lie in the file: tables, keys and views.

Tables that spans fill have no primary key. A record of the journal is folded exactly once, because the mark how far a
segment was read is in the same transaction; and DuckDB would read the index of a million keys again at every opening.
"""

from __future__ import annotations

from typing import Final

from workbench.traces.schema import SCHEMA

__all__ = ["BLOCK_BYTES", "DEFINITIONS", "DERIVED", "FILE_VERSION", "STORED", "TABLES"]

# Of new files. DuckDB's own choice, 256 kB, makes the file of a few thousand spans twice as large; a million spans take
# 2 % more with the smallest and are read as fast. Any DuckDB from 1.5 on reads the version.
BLOCK_BYTES: Final = 16384
FILE_VERSION: Final = "v1.5.0"

# view -> what is asked for it
_VIEWS: Final[dict[str, str]] = {
    "span_messages": """
        SELECT spans.span_id, 'input' AS direction, contexts.position, contexts.message_hash
        FROM spans JOIN contexts ON contexts.context_id = spans.context_id
            AND contexts.position < spans.context_length
        UNION ALL SELECT span_id, 'output', position, message_hash FROM outputs""",
    # most bodies are one text and say nothing that `role` and `text` do not
    "messages": """
        SELECT message_hash, role, text, tool_text, coalesce(
            body, json_object('parts', json_array(json_object('content', text, 'type', 'text')), 'role', role)) AS body
        FROM message_bodies""",
}
# table -> column -> SQL type, of the tables that are not relations of the schema themselves
_HIDDEN: Final[dict[str, dict[str, str]]] = {
    "message_bodies": {
        "message_hash": "VARCHAR NOT NULL",
        "role": "VARCHAR NOT NULL",
        "text": "VARCHAR NOT NULL",
        "tool_text": "VARCHAR",
        "body": "JSON",
    },
    "text_blocks": {"first_row": "BIGINT NOT NULL", "last_row": "BIGINT NOT NULL", "words": "VARCHAR"},
}
# made anew from other tables where these are written anew
DERIVED: Final = frozenset({"text_blocks"})
# zstd folds a third faster than DuckDB's own choice, in as little room; a search takes a fifth longer
_COMPRESSION: Final = dict.fromkeys((("message_bodies", "text"), ("text_blocks", "words")), " USING COMPRESSION zstd")
_UNKEYED: Final = frozenset({"spans", "attempts", "links", "contexts", "outputs", *_HIDDEN})

# table -> column -> SQL type, of everything that is stored
STORED: Final[dict[str, dict[str, str]]] = {
    relation.name: {one.name: one.type + " NOT NULL" * one.is_required for one in relation.columns}
    for relation in SCHEMA.values()
    if relation.name not in _VIEWS
} | _HIDDEN
TABLES: Final = tuple(STORED)


def _table(name: str) -> str:
    columns = [f"{column} {kind}{_COMPRESSION.get((name, column), '')}" for column, kind in STORED[name].items()]
    if name not in _UNKEYED:
        columns.append(f"PRIMARY KEY ({', '.join(one.name for one in SCHEMA[name].columns if one.is_key)})")
    return f"CREATE TABLE {name} ({', '.join(columns)})"


# The statements that make each table and view; tables come first.
DEFINITIONS: Final[dict[str, str]] = {name: _table(name) for name in TABLES} | {
    name: f"CREATE VIEW {name} AS {question}" for name, question in _VIEWS.items()
}
