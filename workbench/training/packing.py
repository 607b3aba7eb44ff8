"""Conversations packed into rows of one length, so that one compiled step serves them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

__all__ = ["Batch", "pack"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of tokens.

    Args:
        tokens: ids.
        segments: which conversation of its row a token belongs to, from 1; 0 is padding.
        positions: a token's place in its conversation.
        learned: which tokens are to be predicted; a conversation's first token never is.
    """

    tokens: Int[np.ndarray, "rows length"]
    segments: Int[np.ndarray, "rows length"]
    positions: Int[np.ndarray, "rows length"]
    learned: Bool[np.ndarray, "rows length"]


def pack(examples: Iterable[tuple[list[int], list[bool]]], rows: int, length: int, pad: int) -> tuple[Batch, int]:
    """Fill rows with whole conversations, each into the first row that has room for it.

    Conversations longer than a row are left out. Stops at the first that fits in no row.

    Returns:
        The batch, and how many conversations are in it.

    Example:
        >>> batch, count = pack([([5, 6, 7], [False, True, True]), ([8, 9], [False, True])], rows=1, length=6, pad=0)
        >>> batch.tokens.tolist(), batch.segments.tolist(), count
        ([[5, 6, 7, 8, 9, 0]], [[1, 1, 1, 2, 2, 0]], 2)
    """
    shape = (rows, length)
    tokens = np.full(shape, pad, np.int32)
    segments, positions, learned = np.zeros(shape, np.int32), np.zeros(shape, np.int32), np.zeros(shape, bool)
    filled, inside = [0] * rows, [0] * rows
    count = 0
    for ids, spoken in examples:
        size = len(ids)
        if size > length:
            continue
        row = next((row for row in range(rows) if filled[row] + size <= length), None)
        if row is None:
            break
        place = slice(filled[row], filled[row] + size)
        inside[row] += 1
        tokens[row, place], segments[row, place] = ids, inside[row]
        positions[row, place], learned[row, place] = np.arange(size), spoken
        learned[row, place.start] = False
        filled[row] += size
        count += 1
    return Batch(tokens, segments, positions, learned), count
