"""Laws of the schema: its parts agree, and `docs/schema.md` describes every column as it is."""

from dataclasses import fields
from pathlib import Path

import pytest

from workbench import traces
from workbench.traces.conventions import ATTRIBUTES
from workbench.traces.layout import TABLES
from workbench.traces.schema import COLUMNS, KEYS, RECORDED, REQUIRED, SCHEMA
from workbench.traces.schema_page import page
from workbench.traces.scope import Scope

PAGE = (Path(__file__).parents[2] / "docs" / "schema.md").read_text(encoding="utf-8")


def test_the_page_is_made_from_the_schema():
    assert page() == PAGE, "python -m workbench.traces.schema_page > docs/schema.md"


@pytest.mark.parametrize("relation", SCHEMA)
def test_what_is_read_from_the_definition_is_what_duckdb_makes_of_it(relation):
    rows = traces.query(
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE table_name = $name", name=relation
    ).to_dicts()
    assert {row["column_name"]: row["data_type"] for row in rows} == COLUMNS[relation]
    if relation in TABLES:
        assert {row["column_name"] for row in rows if not row["is_nullable"]} == REQUIRED[relation]


@pytest.mark.parametrize("table", RECORDED)
def test_a_row_with_the_same_key_replaces_the_other(table):
    keys = traces.query(
        "SELECT unnest(constraint_column_names) AS name FROM duckdb_constraints() "
        "WHERE table_name = $table AND constraint_type = 'PRIMARY KEY'",
        table=table,
    )
    assert tuple(keys["name"]) == KEYS[table]


def test_every_field_of_a_scope_and_every_named_attribute_is_a_column_of_spans():
    assert {field.name for field in fields(Scope)} <= COLUMNS["spans"].keys()
    assert ATTRIBUTES.keys() <= COLUMNS["spans"].keys()
