"""The schema of the store, version 2: what its relations hold, read from `relations`.

Times are UTC with microseconds. A missing value is unknown, never zero; where a column can be unknown for a reason that
matters, a `*_reason` column beside it says so. `docs/schema.md` describes them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workbench.traces.relations import RELATIONS

__all__ = ["COLUMNS", "KEYS", "RECORDED", "REQUIRED", "SCHEMA", "SCHEMA_URL", "SCHEMA_VERSION", "Column", "Relation"]

SCHEMA_VERSION: Final = 3
SCHEMA_URL: Final = "https://opentelemetry.io/schemas/gen-ai/1.42.0"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its SQL type, whether it is part of the key, whether it must have a value, and what it means."""

    name: str
    type: str
    is_key: bool
    is_required: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view that readers see."""

    name: str
    meaning: str
    columns: tuple[Column, ...]


def _relation(name: str, text: str) -> Relation:
    meaning, *lines = (line.strip() for line in text.strip().splitlines())
    columns: list[Column] = []
    for line in lines:
        head, _, about = line.partition(" -- ")
        column, kind, *marks = head.split()
        columns.append(Column(column, kind, "KEY" in marks, bool(marks), about))
    return Relation(name, meaning, tuple(columns))


SCHEMA: Final[dict[str, Relation]] = {name: _relation(name, text) for name, text in RELATIONS.items()}

# relation -> column -> SQL type
COLUMNS: Final[dict[str, dict[str, str]]] = {
    name: {column.name: column.type for column in relation.columns} for name, relation in SCHEMA.items()
}
# relation -> the columns that name a row
KEYS: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(column.name for column in relation.columns if column.is_key) for name, relation in SCHEMA.items()
}
# relation -> the columns that a row must have
REQUIRED: Final[dict[str, frozenset[str]]] = {
    name: frozenset(column.name for column in relation.columns if column.is_required)
    for name, relation in SCHEMA.items()
}
# The tables that `record` writes; the others are written by spans, or by the store itself.
RECORDED: Final = ("runs", "samples", "scores", "feedback", "metrics", "tools", "datasets", "papers")
