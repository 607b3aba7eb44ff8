"""Bundles: some traces in one HTML file that opens from a disk, without a server and without a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.traces.bundle.page import page
from workbench.traces.bundle.slice import Slice, parquet_files, read_slice
from workbench.traces.erasure import Erasure
from workbench.traces.exchange.selection import Selection
from workbench.traces.exchange.target import written
from workbench.traces.store import Store

__all__ = ["Bundle", "Slice", "page", "parquet_files", "read_slice", "write_bundle"]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was written.

    Attributes:
        path: the file.
        size_bytes: of it.
        traces: how many are in it.
        left_out: how many more fit the selection.
        erased: cells out of which something was cut.
    """

    path: Path
    size_bytes: int
    traces: int
    left_out: int
    erased: int


def write_bundle(
    store: Store,
    path: Path,
    where: Selection | None = None,
    *,
    erasure: Erasure | None = None,
    limit: int = 1000,
    title: str | None = None,
    replace: bool = False,
) -> Bundle:
    """Writes the latest traces of a selection, without keys, into one page with a viewer and their Parquet files.

    Args:
        store: where they are.
        path: the `.html` file.
        where: which spans; all by default. A trace comes whole.
        erasure: what is cut out besides keys.
        limit: at most this many traces.
        title: the page's heading; the store's name by default.
        replace: whether a file that is there is replaced.

    Raises:
        DataError: the file is there already, or cannot be written.
        StoreError: the store stayed busy, or cannot be read.
    """
    also = erasure or Erasure()
    cut = Erasure(also.texts, also.patterns, keys=True)
    with written(path, folder=False, replace=replace) as draft:
        given = read_slice(store, where or Selection(), cut, limit)
        named = cut.text(title or f"Traces of {store.path.absolute().parent.parent.name or store.path.stem}")
        draft.write_text(page(given, named), encoding="utf-8")
    return Bundle(path, path.stat().st_size, given.traces, given.left_out, sum(given.erased.values()))
