"""What is carried: the relations and columns that go out and come in.

Left out is what a store says of itself: its version, how far its journal is folded, and how it lays out the lists of
messages that `span_messages` shows.
"""

from __future__ import annotations

from typing import Final

from workbench.traces.schema import COLUMNS

__all__ = ["CARRIED"]

_OWN_RELATIONS: Final = frozenset({"contexts", "outputs", "message_bodies", "segments", "store_info"})
_OWN_COLUMNS: Final = frozenset({"context_id", "context_length"})

# relation -> column -> SQL type
CARRIED: Final[dict[str, dict[str, str]]] = {
    relation: {name: kind for name, kind in columns.items() if name not in _OWN_COLUMNS}
    for relation, columns in COLUMNS.items()
    if relation not in _OWN_RELATIONS
}
