"""Laws of the text index: a search with it finds what it finds without it, and reads less."""

import contextlib
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import traces
from workbench.messages import ToolCall, assistant, user
from workbench.traces import text_index
from workbench.traces.database import open_database
from workbench.traces.erasure import Erasure
from workbench.traces.questions import search, totals, traces_page
from workbench.traces.sql import Reader
from workbench.traces.text_index import count_wrong, index_texts, rows_with
from workbench.traces.upkeep import check, compact, redact_history

# letters whose other case is far away (the Kelvin sign, the long s), and all kinds of what parts words
LETTERS = [*"aAkKsSbB019", "\u212a", "\u017f", "\u00df", "\u0130", "\u0131", "é", "É", "ς", "Σ", "数", "学"]
SIGNS = st.sampled_from([*LETTERS, *' -"\\_\n\t.|', "\u00a0", "\u2014", "\u3000", "\x00", "\x85"])
TEXT = st.text(SIGNS, max_size=12)
NEEDLE = st.text(SIGNS, min_size=1, max_size=5)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(text_index, "_BLOCK_BYTES", 200)


@contextlib.contextmanager
def file_with(said, **sizes):
    """A store's file with these texts and tool texts, indexed in small blocks."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for name, value in sizes.items():
            patch.setattr(text_index, f"_{name}", value)
        path = Path(folder) / "traces.duckdb"
        with contextlib.closing(open_database(path)) as connection:
            connection.executemany(
                "INSERT INTO message_bodies VALUES ($1, 'user', $2, $3, NULL)",
                [[f"{number}", *texts] for number, texts in enumerate(said)],
            )
            index_texts(connection)
        yield path


def matching(reader, among, needles, ignore_case):
    """The rows that meet the condition and hold a needle of each group."""
    test = "regexp_matches({}, ${})" if ignore_case else "contains({}, ${})"
    given, groups = {}, []
    for group in needles:
        for needle in group:
            given[f"n{len(given)}"] = "(?i)" + re.escape(needle) if ignore_case else needle
        names = list(given)[-len(group) :]
        groups.append(" OR ".join(test.format(column, name) for name in names for column in ("text", "tool_text")))
    condition = " AND ".join(f"({one})" for one in (among, *groups))
    return reader.query(f"SELECT message_hash FROM message_bodies WHERE {condition} ORDER BY rowid", **given).rows()


@given(
    said=st.lists(st.tuples(TEXT, st.none() | TEXT), min_size=1, max_size=25),
    others=st.lists(st.lists(NEEDLE, min_size=1, max_size=2), max_size=2),
    place=st.tuples(st.integers(0, 24), st.integers(0, 11), st.integers(1, 6)),
    ignore_case=st.booleans(),
    rows=st.integers(1, 5),
    share=st.sampled_from([0.0, 0.5, 9.0]),
)
@settings(max_examples=40, deadline=None)
def test_what_is_found_with_the_index_is_what_is_found_without_it(said, others, place, ignore_case, rows, share):
    text = said[place[0] % len(said)][0]
    piece = text[place[1] : place[1] + place[2]]
    needles = [[piece.swapcase() if ignore_case else piece], *others] if piece else others
    with file_with(said, BLOCK_ROWS=rows, READ_ROWS=3, SHARE=share) as path, Reader(path) as reader:
        among = rows_with(reader, needles, ignore_case=ignore_case)
        found = matching(reader, among, needles, ignore_case)
        assert found == matching(reader, "true", needles, ignore_case)


def test_a_rare_word_is_looked_for_in_its_block_and_in_what_has_no_block_yet():
    said = [(f"the common words of text {number}", None) for number in range(95)]
    said[42] = ("a zyzzyva is a weevil", None)
    with file_with(said, BLOCK_ROWS=10, SHARE=9.0) as path, Reader(path) as reader:
        counted = [
            reader.query(f"SELECT count(*) AS n FROM message_bodies WHERE {rows_with(reader, [[needle]])}")["n"].item()
            for needle in ("zyzzyva", "zzyv", "a zyzzyva is", "common", "zyzzyvas", "->")
        ]
    assert counted == [15, 15, 15, 95, 5, 95]


def test_a_block_of_texts_without_spaces_is_always_read():
    with file_with([("数学" * 100 + str(number), None) for number in range(20)], BLOCK_ROWS=10) as path:
        with contextlib.closing(open_database(path)) as connection:
            assert connection.execute("SELECT words FROM text_blocks").fetchall() == [(None,), (None,)]
            assert count_wrong(connection) == 0
        with Reader(path) as reader:
            assert rows_with(reader, [["weevil"]]) == "(rowid BETWEEN 0 AND 19 OR rowid >= 20)"


def test_an_index_made_in_pieces_is_the_one_made_at_once():
    said = [(f"text {number} " + "x" * (number % 7), f"tool {number}") for number in range(50)]
    with file_with(said, BLOCK_BYTES=100) as path, contextlib.closing(open_database(path)) as connection:
        at_once = connection.execute("FROM text_blocks").fetchall()
        connection.execute("DELETE FROM text_blocks")
        for number in range(len(at_once)):
            index_texts(connection, seconds=0)
            assert connection.execute("SELECT count(*) FROM text_blocks").fetchone() == (number + 1,)
        assert connection.execute("FROM text_blocks").fetchall() == at_once
        assert count_wrong(connection) == 0


def talk(number):
    with traces.span("chat", f"call {number}") as span:
        span.input_messages([user(f"What of number {number} and its neighbours?")])
        span.output_messages(
            [assistant(f"Weevil{number}, I say.", ToolCall(f"t{number}", "look", {"at": f"W-{number}"}))]
        )


def answers():
    """What searches of all kinds find, as they say it."""
    found = [search(words).rows for words in ("Weevil3", "eevil2", '"number 7 and"', "W-31")]
    found += [search("weevil3,", ignore_case=True).rows, search(r"Weevil\d\b", regex=True).rows]
    found += [traces_page(q=words).rows for words in ("weevil21", "NEIGHBOURS number")]
    return [frame.to_dicts() for frame in found], totals(q="weevil2")


def test_every_search_says_the_same_before_and_after_the_index_and_in_a_new_file(fresh_store, monkeypatch):
    for number in range(35):
        talk(number)
    fresh_store.fold()
    plain = answers()
    assert [len(rows) for rows in plain[0]] == [6, 11, 1, 1, 1, 10, 1, 35]
    assert plain[1]["calls"] == 11
    monkeypatch.setattr(text_index, "_BLOCK_BYTES", 300)
    monkeypatch.setattr(text_index, "_SHARE", 9.0)
    talk(35)
    fresh_store.fold()
    assert fresh_store.query("SELECT count(*) AS n FROM text_blocks")["n"].item() > 5
    grown = answers()
    assert [len(rows) for rows in grown[0]] == [7, 11, 1, 1, 1, 10, 1, 36]
    compact(fresh_store)
    assert answers() == grown
    assert check(fresh_store).is_well


def test_what_was_redacted_is_in_no_block(fresh_store, small_blocks, monkeypatch):
    monkeypatch.setattr(text_index, "_SHARE", 9.0)
    for number in range(20):
        talk(number)
    fresh_store.fold()
    words = "SELECT string_agg(words, ' ') AS words FROM text_blocks"
    assert "Weevil7" in fresh_store.query(words)["words"].item()
    redact_history(fresh_store, Erasure(texts=("Weevil7",)))
    assert "Weevil7" not in fresh_store.query(words)["words"].item()
    assert search("Weevil8").rows.height == 1
    assert check(fresh_store).is_well


def test_a_block_that_misses_a_word_is_found_by_a_check(fresh_store, small_blocks):
    for number in range(20):
        talk(number)
    fresh_store.fold()
    with contextlib.closing(open_database(fresh_store.path)) as connection:
        connection.execute("UPDATE text_blocks SET words = 'other' WHERE first_row = 0")
    assert [one.about for one in check(fresh_store).findings] == ["1 blocks of the text index miss what is in them"]
