"""Laws of the schema: its parts agree, and `docs/store.md` describes every column as it is."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from workbench import traces
from workbench.traces.conventions import ATTRIBUTES
from workbench.traces.schema import COLUMNS, KEYS, REQUIRED, TABLES
from workbench.traces.scope import Scope

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")


def documented():
    for section in PAGE.split("\n### ")[1:]:
        table, _, body = section.partition("\n")
        rows = re.findall(r"^\| (\w+) \| ([A-Z]+) \|", body.split("\n## ")[0], flags=re.MULTILINE)
        yield table, dict(rows)


def test_the_page_names_every_table_and_column_with_its_type():
    assert dict(documented()) == COLUMNS


@pytest.mark.parametrize("table", TABLES)
def test_what_is_read_from_the_definition_is_what_duckdb_makes_of_it(table):
    rows = traces.query(
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE table_name = $table", table=table
    ).to_dicts()
    assert {row["column_name"]: row["data_type"] for row in rows} == COLUMNS[table]
    assert {row["column_name"] for row in rows if not row["is_nullable"]} == REQUIRED[table]
    keys = traces.query(
        "SELECT unnest(constraint_column_names) AS name FROM duckdb_constraints() "
        "WHERE table_name = $table AND constraint_type = 'PRIMARY KEY'",
        table=table,
    )
    assert tuple(keys["name"]) == KEYS[table]


def test_every_field_of_a_scope_and_every_named_attribute_is_a_column_of_spans():
    assert {field.name for field in fields(Scope)} <= COLUMNS["spans"].keys()
    assert ATTRIBUTES.keys() <= COLUMNS["spans"].keys()
