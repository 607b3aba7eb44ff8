"""A store of schema version 2, which had no text index, is carried forward, keeps every row, and is searched."""

import json
import zipfile
from pathlib import Path

import pytest

from workbench.traces import text_index
from workbench.traces.questions import search
from workbench.traces.store import Store
from workbench.traces.upkeep import check

DATA = Path(__file__).parent / "data" / "v2"
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def path(tmp_path):
    """A copy of the old store's folder."""
    with zipfile.ZipFile(DATA / "store.zip") as archive:
        archive.extractall(tmp_path / "second")
    return tmp_path / "second" / "traces.duckdb"


def in_order(rows):
    texts = [{name: None if value is None else str(value) for name, value in row.items()} for row in rows]
    return sorted(texts, key=lambda row: [str(value) for value in row.values()])


def test_a_store_of_the_second_version_keeps_every_row(path):
    store = Store(path)
    for table, rows in EXPECTED.items():
        found = in_order(store.query(" ".join(["SELECT * FROM", table])).to_dicts())
        if table == "store_info":
            assert [row["schema_version"] for row in found] == ["3"]
        else:
            assert found == in_order(rows), table
    assert store.fold().records == 0


@pytest.mark.parametrize("is_indexed", [False, True])
def test_it_is_searched_with_and_without_an_index(path, monkeypatch, is_indexed):
    if is_indexed:
        monkeypatch.setattr(text_index, "_BLOCK_BYTES", 100)
        monkeypatch.setattr(text_index, "_SHARE", 9.0)
    store = Store(path)
    assert (store.query("SELECT count(*) AS n FROM text_blocks")["n"].item() > 0) == is_indexed
    found = {words: search(words, store).rows["found_in"].to_list() for words in ("zzyv", "数学", "ΜΙΚΡ", "no JSON")}
    assert [len(kinds) for kinds in found.values()] == [2, 3, 2, 1]
    assert search("STRASSE", store, ignore_case=True).rows.is_empty()
    assert search("όμικρον", store, ignore_case=True).rows.height == 2
    assert check(store).is_well
