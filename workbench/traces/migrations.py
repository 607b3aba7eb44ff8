"""The tables of this version, and how a store of an older one becomes one of this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import duckdb

from workbench.traces.schema import SCHEMA, Relation

__all__ = ["MIGRATIONS", "create"]


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the tables of this version in an empty database."""
    for relation in SCHEMA.values():
        connection.execute(_definition(relation))


def _definition(relation: Relation) -> str:
    columns = [f"{one.name} {one.type}{' NOT NULL' * (one.is_required and not one.is_key)}" for one in relation.columns]
    key = ", ".join(column.name for column in relation.columns if column.is_key)
    return f"CREATE TABLE {relation.name} ({', '.join(columns)}, PRIMARY KEY ({key}))"


def _second(connection: duckdb.DuckDBPyConnection) -> None:
    """Version 2: audio and image tokens, sampling, foreign libraries, feedback, papers, what tools were given."""
    for name in ("input_audio_tokens", "input_image_tokens", "output_audio_tokens", "output_image_tokens"):
        connection.execute(f"ALTER TABLE spans ADD COLUMN {name} BIGINT")
    connection.execute("ALTER TABLE spans ADD COLUMN sample_rate DOUBLE")
    connection.execute("ALTER TABLE spans ADD COLUMN instrumentation VARCHAR")
    connection.execute("ALTER TABLE messages ADD COLUMN tool_text VARCHAR")
    for table in ("feedback", "papers"):
        connection.execute(_definition(SCHEMA[table]))


# From version n to n + 1.
MIGRATIONS: Final[dict[int, Callable[[duckdb.DuckDBPyConnection], None]]] = {1: _second}
