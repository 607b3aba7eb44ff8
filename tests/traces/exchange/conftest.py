"""Stores with known rows, and strategies that make rows of every relation."""

import json
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import strategies as st

from workbench.messages import Image, Message, Other, Reasoning, Text, ToolCall, ToolResult, assistant, system, user
from workbench.traces import Store
from workbench.traces.conventions import ATTRIBUTES
from workbench.traces.exchange.carried import CARRIED
from workbench.traces.row import checked
from workbench.traces.schema import KEYS, RECORDED, REQUIRED
from workbench.traces.span import OpenSpan

DATA = Path(__file__).parent / "data"
HEX = "0123456789abcdef"
WORDS = st.text(max_size=12) | st.sampled_from(
    ["=1+1", "'=1", "''", "'", "-x", "+1", "@a", "\t", "\r", "\n", "a,b", 'a"b', "a\nb", "nan", "NULL", " ", ";"]
)
MOMENTS = st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1))
PLAIN = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | WORDS
)
JSON = st.recursive(
    PLAIN, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(WORDS, inside, max_size=3), max_leaves=6
)
KINDS = {
    "VARCHAR": WORDS,
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "INTEGER": st.integers(-(2**31), 2**31 - 1),
    "DOUBLE": st.floats(),
    "BOOLEAN": st.booleans(),
    "TIMESTAMP": MOMENTS,
    "JSON": JSON.filter(lambda value: value is not None),
}


def row_of(relation, **fixed):
    columns = {
        name: KINDS[kind] if name in REQUIRED[relation] else st.none() | KINDS[kind]
        for name, kind in CARRIED[relation].items()
    }
    return st.fixed_dictionaries({**columns, **fixed})


def rows_of(relation):
    fixed = {"status": st.sampled_from(["ok", "error", "interrupted"])} if relation == "runs" else {}
    return st.lists(
        row_of(relation, **fixed), max_size=3, unique_by=lambda row: tuple(row[name] for name in KEYS[relation])
    )


def digits(count):
    return st.text(HEX, min_size=count, max_size=count)


NAMES = WORDS.filter(lambda name: name not in ATTRIBUTES.values() and not name.startswith(("gen_ai", "workbench")))
PARTS = (
    st.builds(Text, WORDS)
    | st.builds(Reasoning, WORDS, st.none() | WORDS.filter(bool))
    | st.builds(Image, st.binary(max_size=8))
    | st.builds(ToolCall, WORDS, WORDS, st.dictionaries(WORDS, JSON, max_size=2) | WORDS)
    | st.builds(ToolResult, WORDS, WORDS, JSON, st.booleans())
    | st.builds(Other, st.fixed_dictionaries({"type": st.just("uri"), "uri": WORDS}))
)
MESSAGES = st.builds(
    Message, st.sampled_from(["system", "user", "assistant", "tool"]), st.lists(PARTS, max_size=2).map(tuple)
)
ATTEMPTS = row_of("attempts").map(lambda row: {k: v for k, v in row.items() if k not in ("span_id", "attempt")})
SPAN_ROWS = row_of(
    "spans",
    span_id=digits(16),
    trace_id=digits(32),
    parent_id=st.none() | digits(16),
    status=st.sampled_from(["ok", "error", "interrupted"]),
    attributes=st.none() | st.dictionaries(NAMES, JSON, min_size=1, max_size=3),
)
SPANS = st.lists(
    st.builds(
        lambda row, said, wrote, attempts, reads: SimpleNamespace(
            row=row, messages={"input": said, "output": wrote}, attempts=attempts, reads=reads
        ),
        SPAN_ROWS,
        st.lists(MESSAGES, max_size=3),
        st.lists(MESSAGES, max_size=2),
        st.lists(ATTEMPTS, max_size=2),
        st.lists(digits(16), max_size=2, unique=True),
    ),
    max_size=4,
    unique_by=lambda span: span.row["span_id"],
)
CONTENTS = st.fixed_dictionaries({table: rows_of(table) for table in RECORDED})


def put_span(store, span):
    opened = OpenSpan(checked("spans", span.row), 0.0)
    opened.messages.update({way: given for way, given in span.messages.items() if given})
    opened.attempts.extend(checked("attempts", attempt) for attempt in span.attempts)
    opened.reads.extend(span.reads)
    store.append_span(opened)


def put(store, spans, tables):
    for span in spans:
        put_span(store, span)
    for table, rows in tables.items():
        for row in rows:
            store.append({"table": table, "row": checked(table, row)})


def content(store, relation):
    """The rows in the order of their keys, so that equal rows are equal texts."""
    rows = store.query(f"SELECT {', '.join(CARRIED[relation])} FROM {relation}").to_dicts()
    for row in rows:
        for name, kind in CARRIED[relation].items():
            if kind == "JSON" and row[name] is not None:
                row[name] = json.dumps(json.loads(row[name]), sort_keys=True)
    return sorted(repr(row) for row in rows)


@contextmanager
def two_stores():
    with tempfile.TemporaryDirectory() as folder:
        first, second = Store(Path(folder) / "a.duckdb"), Store(Path(folder) / "b.duckdb")
        try:
            yield first, second, Path(folder)
        finally:
            first.close()
            second.close()


@pytest.fixture
def laws():
    """What the laws need."""
    return SimpleNamespace(
        SPANS=SPANS, CONTENTS=CONTENTS, put=put, put_span=put_span, content=content, two_stores=two_stores
    )


@pytest.fixture
def known(fresh_store):
    """A store with two traces of one run: a call that was right, with a tool, and one that was wrong."""
    start = datetime(2026, 1, 1, 12)
    common = {"operation": "chat", "status": "ok", "run_id": "r", "program": "p", "repetition": 0, "model": "pocket"}

    def span(number, **columns):
        at = start + timedelta(days=number)
        row = {"span_id": f"{number:016x}", "trace_id": f"{number:032x}", "name": f"chat {number}", "started_at": at}
        return {**common, **row, "ended_at": at + timedelta(seconds=1), "duration_ms": 1000.0, **columns}

    call = ToolCall("c1", "add", {"a": 1, "b": 2})
    definitions = [{"type": "function", "name": "add", "description": "Adds.", "parameters": {"type": "object"}}]
    right = SimpleNamespace(
        row=span(1, sample_id="s1", notebook="a.ipynb", attributes={"gen_ai.tool.definitions": definitions}),
        messages={
            "input": [
                system("be brief"),
                user("1+2?"),
                assistant("", call),
                Message("tool", (ToolResult("c1", "add", "3"),)),
            ],
            "output": [assistant("3")],
        },
        attempts=[{"status_code": 500, "duration_ms": 3.5}, {"status_code": 200}],
        reads=["f" * 16],
    )
    wrong = SimpleNamespace(
        row=span(2, sample_id="s2", model="other", notebook="b.ipynb"),
        messages={"input": [user("2+2?")], "output": [assistant("5")]},
        attempts=[],
        reads=[],
    )
    root = SimpleNamespace(
        row=span(3, trace_id=f"{2:032x}", operation="invoke_agent", name="agent", model=None, sample_id="s2"),
        messages={},
        attempts=[],
        reads=[],
    )
    runs = [{"run_id": "r", "kind": "evaluation", "name": "sums", "status": "ok", "started_at": start}]
    place = {"run_id": "r", "program": "p", "repetition": 0}
    samples = [{**place, "sample_id": name, "status": "ok", "input": "q"} for name in ("s1", "s2", "s3")]
    score = {**place, "scorer": "exact", "kind": "bool"}
    scores = [{**score, "sample_id": "s1", "bool": True}, {**score, "sample_id": "s2", "bool": False}]
    metrics = [{"run_id": "r", "step": 0, "task": "", "name": "loss", "value": float("nan")}]
    put(fresh_store, [right, wrong, root], {"runs": runs, "samples": samples, "scores": scores, "metrics": metrics})
    return fresh_store


@pytest.fixture
def other(tmp_path):
    """An empty store beside it."""
    store = Store(tmp_path / "other.duckdb")
    yield store
    store.close()


@pytest.fixture
def llm_log(tmp_path):
    """A log of `llm` as the version with this number wrote it."""

    def made(version):
        path = tmp_path / f"{version}.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript((DATA / f"llm_{version}.sql").read_text())
        return path

    return made


@pytest.fixture
def inspect_log():
    """A log that Inspect wrote: two samples in two epochs, a tool, two scorers."""
    return DATA / "inspect_0_3_285.eval"
