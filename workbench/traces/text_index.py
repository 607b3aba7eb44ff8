"""The text index: which words stand in which stretch of the messages' texts, so that a search reads few of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import duckdb

    from workbench.traces.sql import Reader

__all__ = ["count_wrong", "index_texts", "rows_with"]

# A block is a stretch of rows that many bytes of text long, or that many rows. Larger ones share more words, so that
# the index is smaller; smaller ones leave less to read where a word is.
_BLOCK_BYTES: Final = 4 << 20
_BLOCK_ROWS: Final = 16384
_READ_ROWS: Final = 2048  # what DuckDB unpacks at once
_NO_END: Final = 2**62
# Where the words of a block take more than this part of its text (Chinese has no spaces; digits of a picture are one
# word), they are not kept, and the block is always read.
_SHARE: Final = 0.25
_FRAGMENTS: Final = 8  # of one needle that are looked for: the longest ones say most
# What parts words, in the texts and in what is looked for alike. Nothing here has a capital or a small letter.
_PARTING: Final = {
    code: " " for code in (*range(128), 0xA0, *range(0x2000, 0x2070), *range(0x3000, 0x3004)) if not chr(code).isalnum()
}
_NEXT: Final = "SELECT coalesce(max(last_row) + 1, 0) FROM text_blocks"
_FULL: Final = """
    SELECT count(*), coalesce(sum(strlen(concat_ws(' ', text, tool_text))), 0) FROM message_bodies
    WHERE rowid >= $1 AND rowid < $1 + $2"""
_TEXTS: Final = """
    SELECT rowid, concat_ws(' ', text, tool_text) AS said, strlen(said) FROM message_bodies
    WHERE rowid BETWEEN $1 AND $2"""
_ADD: Final = "INSERT INTO text_blocks VALUES ($1, $2, $3)"
_BLOCKS: Final = "SELECT first_row, last_row, words FROM text_blocks ORDER BY first_row"
_MAY_HOLD: Final = "SELECT first_row, last_row, coalesce({holds}, true) AS may FROM text_blocks ORDER BY first_row"


def index_texts(connection: duckdb.DuckDBPyConnection, seconds: float = float("inf")) -> None:
    """Adds blocks for the texts behind the last block, as far as they fill one.

    What is not in a block yet is read by every search, so this may end, or be killed, anywhere.

    Args:
        connection: to the store's file, for writing; no transaction is open.
        seconds: how long to work; a block is finished.
    """
    until = time.monotonic() + seconds
    (first,) = connection.execute(_NEXT).fetchone() or (0,)
    count, size = connection.execute(_FULL, [first, _BLOCK_ROWS]).fetchone() or (0, 0)
    if count < _BLOCK_ROWS and size < _BLOCK_BYTES:
        return
    connection.execute("BEGIN")
    try:
        for block in _blocks(connection, int(first)):
            connection.execute(_ADD, block)
            if time.monotonic() > until:
                break
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def count_wrong(connection: duckdb.DuckDBPyConnection) -> int:
    """How many blocks do not say what stands in their texts, so that a search may pass over one."""
    wrong = expected = 0
    for first, last, words in connection.execute(_BLOCKS).fetchall():
        is_next, expected = first == expected, last + 1
        if not is_next or (
            words is not None and words != _joined(text for _, text, _ in _texts(connection, first, last))
        ):
            wrong += 1
    return wrong


def rows_with(reader: Reader, needles: Sequence[Sequence[str]], *, ignore_case: bool = False) -> str:
    """A condition on rows of `message_bodies` that holds for all in which the needles are, and for few others.

    Args:
        reader: of the store.
        needles: texts; of each group one must be there.
        ignore_case: whether `A` is looked for as `a` too, as RE2 understands it.
    """
    test = "regexp_matches(words, ${name})" if ignore_case else "contains(words, ${name})"
    given: dict[str, Any] = {}
    groups: list[str] = []
    for group in needles:
        choices: list[str] = []
        for needle in group:
            terms: list[str] = []
            for fragment in _fragments(needle):
                name = f"fragment_{len(given)}"
                given[name] = f"(?i){fragment}" if ignore_case else fragment
                terms.append(test.replace("{name}", name))
            choices.append(" AND ".join(terms) or "true")
        groups.append(f"({' OR '.join(choices)})")
    if not given:
        return "true"
    blocks = reader.query(_MAY_HOLD.replace("{holds}", " AND ".join(groups)), **given)
    ranges: list[tuple[int, int]] = []
    behind = 0
    for first, last, may in blocks.iter_rows():
        behind = last + 1
        if may and ranges and ranges[-1][1] == first - 1:
            ranges[-1] = (ranges[-1][0], last)
        elif may:
            ranges.append((first, last))
    terms = [f"rowid BETWEEN {first} AND {last}" for first, last in ranges]
    return f"({' OR '.join([*terms, f'rowid >= {behind}'])})"


def _blocks(connection: duckdb.DuckDBPyConnection, first: int) -> Iterator[tuple[int, int, str | None]]:
    """The full blocks from this row on."""
    said: list[str] = []
    size = 0
    for row, text, length in _texts(connection, first, _NO_END):
        said.append(text)
        size += length
        if size >= _BLOCK_BYTES or row - first + 1 >= _BLOCK_ROWS:
            words = _joined(said)
            yield first, row, words if len(words) <= size * _SHARE else None
            first, size = row + 1, 0
            said.clear()


def _texts(connection: duckdb.DuckDBPyConnection, first: int, last: int) -> Iterator[tuple[int, str, int]]:
    """Rows with their texts and how long these are."""
    while first <= last:
        end = min(first // _READ_ROWS * _READ_ROWS + _READ_ROWS - 1, last)
        rows = connection.execute(_TEXTS, [first, end]).fetchall()
        if not rows:
            return
        yield from sorted(rows)
        first = end + 1


def _joined(said: Iterable[str]) -> str:
    """The words of these texts, each once."""
    words: set[str] = set()
    for text in said:
        words.update(_words(text))
    return " ".join(sorted(words - {""}))


def _words(text: str) -> list[str]:
    return text.translate(_PARTING).split(" ")


def _fragments(needle: str) -> list[str]:
    """The pieces of a needle that must each stand in a word."""
    return sorted({*_words(needle)} - {""}, key=len, reverse=True)[:_FRAGMENTS]
