"""Compaction: the file without the room that changes left free in it."""

from __future__ import annotations

from typing import Final

from workbench.traces.store import Store
from workbench.traces.upkeep.rewriting import Progress, Rewritten, rewrite

__all__ = ["compact"]

_WAIT_SECONDS: Final = 30.0
# In the order of time a page of traces lies together in the file.
_IN_ORDER: Final = {"spans": "SELECT * FROM old.spans ORDER BY started_at, span_id"}


def compact(store: Store, progress: Progress | None = None) -> Rewritten:
    """Folds everything that is journalled, then writes the file anew, as small as it can be.

    Others wait meanwhile: questions for at most 30 seconds, calls not at all.

    Args:
        store: which.
        progress: called with how many tables are written, of how many.

    Raises:
        StoreError: the store stayed busy, or the new file cannot be written; the old one is in place then.
    """
    store.fold()
    with store.compactor.lock.exclusive(_WAIT_SECONDS):
        return rewrite(store, lambda _: _IN_ORDER, progress)
