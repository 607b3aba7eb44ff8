"""Labelled arrays: what a stream is cut from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from workbench.errors import DataError

__all__ = ["Labelled", "content_hash"]


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Inputs with one class each, checked.

    Args:
        x: inputs of one shape; kept as float32.
        y: classes, whole numbers from 0; kept as int32.
        classes: how many there are; by default one more than the largest label.
        name: what streams made from it are called.
        source: where it comes from, for the store.
        licence: under which terms, for the store; None where unknown.

    Raises:
        DataError: no rows, rows and labels of different number, labels that are not whole or not in 0…classes−1,
            inputs that are not finite numbers.

    Example:
        >>> Labelled(np.zeros((3, 2)), [0, 1, 1], name="tiny").classes
        2
    """

    x: Float[np.ndarray, " rows *features"]
    y: Int[np.ndarray, " rows"]
    classes: int = 0
    name: str = "arrays"
    source: str | None = None
    licence: str | None = None
    version: str = field(init=False)

    def __post_init__(self) -> None:
        x, y = np.asarray(self.x), np.asarray(self.y)
        if x.ndim < 2 or y.ndim != 1 or len(x) != len(y) or not len(y):
            raise DataError(
                f"Data {self.name!r} has inputs of shape {x.shape!r} and labels of shape {y.shape!r}; allowed are"
                " (rows, …features) and (rows,) with one or more rows.",
                hint="Labelled(x.reshape(len(x), -1), y)",
            )
        if not (np.issubdtype(x.dtype, np.number) or x.dtype == bool) or not np.isfinite(x).all():
            raise DataError(
                f"Data {self.name!r} has inputs of type {x.dtype} that are not all finite numbers.",
                hint="drop or fill the rows with missing values first, for example Labelled(np.nan_to_num(x), y)",
            )
        if not np.array_equal(y, _whole(y)):
            raise DataError(
                f"Data {self.name!r} has labels that are not whole numbers, such as {_strange(y)!r}.",
                hint="names, y = np.unique(labels, return_inverse=True)",
            )
        y = y.astype(np.int64)
        classes = self.classes or int(y.max()) + 1
        if y.min() < 0 or y.max() >= classes:
            raise DataError(
                f"Data {self.name!r} has labels from {int(y.min())} to {int(y.max())}; with {classes} classes allowed"
                f" is 0 to {classes - 1}.",
                hint=f"Labelled(x, y, classes={max(int(y.max()) + 1, 1)}), with labels from 0",
            )
        x, y = np.ascontiguousarray(x, np.float32), np.ascontiguousarray(y, np.int32)
        for name, value in (("x", x), ("y", y), ("classes", classes), ("version", content_hash([x, y], classes))):
            object.__setattr__(self, name, value)

    @property
    def features(self) -> tuple[int, ...]:
        """The shape of one input."""
        return self.x.shape[1:]


def content_hash(arrays: Sequence[np.ndarray], *facts: object) -> str:
    """16 hex digits of SHA-256 over types, shapes, bytes and facts; the same on every machine."""
    digest = hashlib.sha256(repr(facts).encode())
    for array in arrays:
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        digest.update(f"{little.dtype.str}{little.shape}".encode())
        digest.update(little.tobytes())
    return digest.hexdigest()[:16]


def _whole(y: np.ndarray) -> Any:
    numeric = (np.issubdtype(y.dtype, np.number) or y.dtype == bool) and np.isfinite(y).all()
    return y.astype(np.int64) if numeric else None


def _strange(y: np.ndarray) -> Any:
    whole = _whole(y)
    return (y if whole is None else y[y != whole])[0].item()
