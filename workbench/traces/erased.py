"""Erased rows: rows of the store's relations without what is to be cut out of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from workbench.messages import Json
from workbench.traces.encoding import canonical
from workbench.traces.erasure import Erasure
from workbench.traces.schema import COLUMNS

__all__ = ["KEPT", "ErasedRows"]

# Columns that only the workbench fills, with ids, hashes and its own words: a secret cannot be in them, and cutting
# them would tear rows apart.
KEPT: Final = frozenset({
    "span_id", "trace_id", "parent_id", "linked_span_id", "context_id", "message_hash", "feedback_id", "run_id",
    "parent_run_id", "session", "segment", "tool_version", "dataset_version", "method_version", "scorer_version",
    "lock_version", "price_version", "schema_url", "status", "direction",
})  # fmt: skip
# Columns that name a row: two names must not become one.
_NAMES: Final = frozenset({"sample_id", "program", "scorer", "task", "paper_id"})


class ErasedRows:
    """Cuts cells, the same one always in the same way, and counts.

    Args:
        erasure: what is to be cut out.

    Attributes:
        cells: `table.column` -> how many cells were changed; message bodies count as `messages.body`.
        hashes: hash of a message that was changed -> its hash now.
    """

    def __init__(self, erasure: Erasure) -> None:
        self.erasure = erasure
        self.cells: Counter[str] = Counter()
        self.hashes: dict[str, str] = {}
        self._given: dict[tuple[str, str], str] = {}
        self._taken: dict[tuple[str, str], str] = {}

    def row(self, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row with its cells cut; JSON columns hold values, not text."""
        return {name: self.cell(table, name, value) for name, value in row.items()}

    def cell(self, table: str, column: str, value: Json) -> Json:
        """The cell's value as it may stay."""
        kind = COLUMNS[table].get(column, "")
        if value is None or column in KEPT or kind not in ("VARCHAR", "JSON"):
            return value
        if kind == "JSON":
            after = self.erasure.values(value)
        elif column in _NAMES or (table, column) == ("metrics", "name"):
            after = self._name(column, value)
        else:
            after = self.erasure.text(value)
        self.cells[f"{table}.{column}"] += after != value
        return after

    def body(self, digest: str, body: Json) -> tuple[str, Json]:
        """A message's body as it may stay, and its hash then."""
        after = self.erasure.values(body)
        if after == body:
            return digest, body
        self.cells["messages.body"] += 1
        self.hashes[digest] = hashlib.sha256(canonical(after).encode()).hexdigest()[:32]
        return self.hashes[digest], after

    def digest(self, digest: str) -> str:
        """The hash by which the message is called now."""
        return self.hashes.get(digest, digest)

    def _name(self, column: str, value: str) -> str:
        """Distinct for distinct values: the second one that would be called the same gets a number."""
        if (column, value) not in self._given:
            cut = self.erasure.text(value)
            name, number = cut, 1
            while cut != value and self._taken.get((column, name), value) != value:
                number += 1
                name = f"{cut} {number}"
            self._given[column, value] = name
            self._taken[column, name] = value
        return self._given[column, value]
