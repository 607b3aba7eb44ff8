"""Pages: a part of a long answer, and where the next one begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from workbench.errors import OptionError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Page", "Place", "place"]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, newest first.

    Attributes:
        rows: the rows.
        cursor: give it as `after` for the next page; None where this is the last. It names the last row, not a number
            of rows, so that what comes in meanwhile shifts nothing.
    """

    rows: pl.DataFrame
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """The row after which a page begins: its time, and its id among those of the same time."""

    at: datetime
    id: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()}/{self.id}"


# after every row there is
_BEGINNING = Place(datetime(9999, 1, 1), "")


def place(after: str | None) -> Place:
    """The place that a cursor names; without one, the beginning.

    Raises:
        OptionError: it is no cursor.

    Example:
        >>> str(place("2026-11-21T05:00:00/abc"))
        '2026-11-21T05:00:00/abc'
    """
    if after is None:
        return _BEGINNING
    at, _, name = after.partition("/")
    try:
        return Place(datetime.fromisoformat(at), name)
    except ValueError:
        raise OptionError(
            f"A page was asked for after {after!r}, which is no cursor.", hint="give the cursor of the page before it"
        ) from None
