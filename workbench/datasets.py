"""Where the data sets that come with the workbench lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from workbench.errors import DataError, nearest

__all__ = ["dataset_names", "dataset_path"]

_PLACES: Final = (
    Path(__file__).parent / "_datasets",  # in an installed wheel
    Path(__file__).parent.parent / "datasets",  # in a source tree
)


def dataset_names() -> list[str]:
    """The names of the data sets that are here, sorted."""
    found = {folder.name for place in _PLACES if place.is_dir() for folder in place.iterdir() if folder.is_dir()}
    return sorted(found)


def dataset_path(name: str) -> Path:
    """The folder of a data set; its README.md states source, licence and figures to expect.

    Raises:
        DataError: a name that is not among those shipped.

    Example:
        >>> (dataset_path("digits") / "README.md").is_file()
        True
    """
    names = dataset_names()
    if name not in names:
        raise DataError(
            f"Data set {name!r} is not shipped with the workbench; there are {', '.join(names) or 'none'}.",
            hint=nearest(name, names) or "pass a path of your own to the loader.",
        )
    return next(place / name for place in _PLACES if (place / name).is_dir())
