"""The page of the documentation that describes the schema.

python -m workbench.traces.schema_page > docs/schema.md
"""

from __future__ import annotations

import sys

from workbench.traces.schema import SCHEMA, SCHEMA_VERSION

__all__ = ["page"]

_HEAD = f"""\
# The store's tables

Schema version {SCHEMA_VERSION}; this page is made by `python -m workbench.traces.schema_page`. Times are UTC with \
microseconds. A missing value is unknown, never zero. A value that JSON lacks is kept as text (`"NaN"`, `"Infinity"`) \
or as `{{"base64": …}}`; a lone surrogate becomes U+FFFD. **Bold** columns name a row."""


def page() -> str:
    """The schema as Markdown."""
    parts = [_HEAD]
    for relation in SCHEMA.values():
        rows = [
            f"| {f'**{column.name}**' if column.is_key else column.name} | {column.type} | {column.meaning} |"
            for column in relation.columns
        ]
        table = "\n".join(["| column | type | meaning |", "|---|---|---|", *rows])
        parts += [f"## {relation.name}", relation.meaning, table]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
