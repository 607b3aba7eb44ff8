"""A store of the skeleton's first version (schema 1) opens, is carried forward, and keeps every row."""

import json
import zipfile
from pathlib import Path

import pytest

from workbench.traces.journal import StoreWarning
from workbench.traces.segment import segments
from workbench.traces.store import Store

DATA = Path(__file__).parent / "data" / "v1"
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
# `store_info` says which version the file has now; what it says of its making is asked apart.
TABLES = [table for table in EXPECTED if table != "store_info"]


@pytest.fixture
def path(tmp_path):
    """A copy of the old store's folder."""
    with zipfile.ZipFile(DATA / "store.zip") as archive:
        archive.extractall(tmp_path / "first")
    return tmp_path / "first" / "traces.duckdb"


def rows(store, table, columns):
    """The table's rows in these columns, each value as its Python text, in no order."""
    names = ", ".join(f'"{name}"' for name in columns)
    answer = store.query(" ".join(["SELECT", names, "FROM", table])).to_dicts()
    return in_order({name: None if value is None else str(value) for name, value in row.items()} for row in answer)


def in_order(given):
    return sorted(given, key=lambda row: [str(value) for value in row.values()])


def everything(store):
    return {table: rows(store, table, EXPECTED[table][0]) for table in TABLES}


def test_the_data_fills_every_table_and_column_of_the_first_version():
    for table, found in EXPECTED.items():
        empty = {name for name in found[0] if all(row[name] is None for row in found)}
        assert empty == ({"error_message", "energy_joules"} if table == "runs" else set()), table
    assert {row["status"] for row in EXPECTED["spans"]} == {"ok", "error", "interrupted"}


@pytest.mark.parametrize("table", TABLES)
def test_a_store_of_the_first_version_keeps_every_row(path, table):
    store = Store(path)
    assert rows(store, table, EXPECTED[table][0]) == in_order(EXPECTED[table])


def test_what_was_only_in_the_journal_comes_in_once_and_what_was_open_is_interrupted(path):
    store = Store(path)
    assert len(segments(store.journal.folder)) == 1  # of the killed process, folded in part, with a torn last line
    assert store.fold().records == 9
    assert store.fold().records == 0
    open_ones = store.query("SELECT status FROM spans WHERE name LIKE 'left open%'")["status"].to_list()
    assert open_ones == ["interrupted", "interrupted"]


def test_an_old_message_is_searched_as_a_new_one(path):
    said = Store(path).query("SELECT tool_text FROM messages WHERE role = 'tool'")["tool_text"].to_list()
    assert len(said) == 1
    assert "add" in said[0]
    assert "no JSON" in said[0]


def test_the_carried_file_says_when_it_was_made(path):
    (made,) = Store(path).query("SELECT created_at FROM store_info")["created_at"].to_list()
    assert str(made) == EXPECTED["store_info"][0]["created_at"]


def test_carrying_forward_happens_once(path):
    carried = everything(Store(path))
    before = path.read_bytes()
    assert everything(Store(path)) == carried
    assert path.read_bytes() == before


def test_segments_of_the_first_version_alone_give_every_row_again(path):
    """After damage, an old archive is all there is."""
    path.unlink()
    store = Store(path)
    with pytest.warns(StoreWarning, match="rebuilt"):
        store.fold()
    for table in TABLES:
        if table != "segments":  # the pieces in which a segment came in are of no matter
            assert rows(store, table, EXPECTED[table][0]) == in_order(EXPECTED[table]), table
