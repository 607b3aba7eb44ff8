"""Stores that are missing, locked, corrupt, newer or something else, and paths that try tricks."""

import json
import subprocess
import sys

import duckdb

from workbench import traces
from workbench.traces.lock import StoreLock
from workbench.traces.segment import journal_folder
from workbench.traces.store import Store

pytest_plugins = ["pytest_jupyter.jupyter_server"]

READING = ("traces", "totals", "facets", "sessions", "places", "usage", "errors", "outliers", "results", "runs")


def call(cost_usd=0.0):
    with traces.span("chat", "chat pocket") as span:
        span.set(model="pocket", cost_usd=cost_usd)
    return span


def test_a_missing_store_is_said_by_all_and_made_by_none(ask, jp_root_dir):
    for name in READING:
        code, answer = ask(name)
        assert (code, answer["kind"]) == (404, "missing"), name
        assert "%%llm" in answer["hint"]
    _, health = ask("health")
    assert (health["state"], health["path"]) == ("missing", ".workbench/traces.duckdb")
    assert ask("changes")[1]["changed"]
    assert not list(jp_root_dir.rglob("*"))


def test_a_store_that_another_keeps_busy_is_said(ask, store, monkeypatch):
    call()
    store.fold()
    for name in ("query", "read"):  # what waits thirty seconds waits a tenth of one here
        real = getattr(Store, name)
        monkeypatch.setattr(Store, name, impatient(real, name))
    with StoreLock(journal_folder(store.path)).exclusive(5.0):
        code, answer = ask("traces")
        assert (code, answer["kind"]) == (503, "busy")
        assert ask("health")[1]["state"] == "busy"
    assert ask("traces")[0] == 200


def impatient(real, name):
    def ask(self, given, timeout_seconds=0.1, /, **parameters):
        return real(self, given, 0.1, **parameters)

    return ask


def test_a_store_that_is_open_without_the_lock_is_said(ask, store):
    call()
    store.fold()
    program = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    held = subprocess.Popen(
        [sys.executable, "-c", program, str(store.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert held.stdout.readline() == "open\n"
        code, answer = ask("traces")
        assert (code, answer["kind"]) == (503, "open_elsewhere")
        assert "close the other" in answer["hint"]
    finally:
        held.communicate("")
    assert ask("traces")[0] == 200


def test_a_newer_store_is_said_with_what_mends_it_and_left_alone(ask, store):
    call()
    store.fold()
    with duckdb.connect(str(store.path)) as connection:
        connection.execute("UPDATE store_info SET schema_version = 999")
    before = store.path.read_bytes()
    for name in READING:
        code, answer = ask(name)
        assert (code, answer["kind"]) == (503, "newer"), name
        assert "pip install --upgrade" in answer["hint"]
    assert ask("health")[1]["state"] == "newer"
    assert store.path.read_bytes() == before


def test_a_corrupt_store_is_set_aside_rebuilt_and_said(ask, store):
    span = call()
    store.fold()
    store.path.write_bytes(b"\0" * 8 + b"DUCK" + b"\xff" * 20_000)
    [row] = ask("traces")[1]["rows"]
    assert row["trace_id"] == span.trace_id
    _, health = ask("health")
    assert (health["state"], health["spans"]) == ("ok", 1)
    [aside] = health["set_aside"]
    assert aside.startswith("traces.duckdb.damaged-")


def test_a_file_of_another_kind_is_refused_and_left_alone(ask, jp_root_dir):
    (jp_root_dir / "notes.duckdb").write_text("these are my notes")
    code, answer = ask("traces?store=notes.duckdb")
    assert (code, answer["kind"]) == (503, "foreign")
    assert (jp_root_dir / "notes.duckdb").read_text() == "these are my notes"


TRICKS = [
    "/etc/passwd",
    "/etc/x.duckdb",
    "../outside.duckdb",
    "a/../../outside.duckdb",
    "..\\outside.duckdb",
    "C:/x.duckdb",
    "link/outside.duckdb",
    "linked.duckdb",
    "a%00.duckdb",
    "a\0.duckdb",
    "notes.txt",
    ".",
]


def test_a_store_is_named_below_the_root_alone(ask, jp_root_dir):
    outside = jp_root_dir.parent / "outside.duckdb"
    other = Store(outside)
    other.fold()
    before = outside.read_bytes()
    (jp_root_dir / "link").symlink_to(jp_root_dir.parent)
    (jp_root_dir / "linked.duckdb").symlink_to(outside)
    for name in TRICKS:
        code, answer = ask(f"traces?store={name}")
        assert (code, answer["kind"]) == ((404, "missing") if name == "a%00.duckdb" else (400, "request")), name
    assert outside.read_bytes() == before


def test_a_path_is_below_the_root_alone(ask):
    for path in ("/etc", "../x", "a/../..", "a\0b.ipynb", "C:/b.ipynb"):
        code, answer = ask(f"traces?path={path}")
        assert (code, answer["kind"]) == (400, "request"), path


WRONG = [
    "modle=a",
    "limit=0",
    "limit=many",
    "limit=1.5",
    "min_cost_usd=nan",
    "since=1e300",
    "after=yesterday",
    "status=bad",
    f"q={'x' * 5000}",
]


def test_what_is_asked_wrongly_is_said(ask, store):
    call()
    for query in WRONG:
        code, answer = ask(f"traces?{query}")
        assert (code, answer["kind"]) == (400, "request"), query
        assert answer["message"]


def test_ids_that_are_none_have_no_address(respond, store):
    call()
    for address in ("traces/../../etc", "traces/'; DROP TABLE spans", "spans/1", f"traces/{'A' * 32}"):
        assert respond(address).code == 404
    for address in (f"traces/{'0' * 32}", f"spans/{'0' * 16}", f"messages/{'0' * 32}", "runs/none"):
        assert json.loads(respond(address).body)["kind"] == "absent"


NAMED = (f"traces/{'0' * 32}", f"traces/{'0' * 32}/screen", f"spans/{'0' * 16}", f"diff/{'0' * 32}/{'1' * 32}")
ELSEWHERE = ("reads .workbench/traces.duckdb", "%llm store", "another machine", "workbench traces import")


def test_where_there_is_no_store_a_trace_that_has_a_name_is_said_to_be_elsewhere(ask):
    for address in NAMED:
        code, answer = ask(address)
        assert (code, answer["kind"]) == (404, "missing"), address
        assert all(words in answer["hint"] for words in ELSEWHERE), address


def test_a_trace_that_another_store_has_is_said_to_be_elsewhere(ask, store):
    call()
    for address in NAMED:
        code, answer = ask(address)
        assert (code, answer["kind"]) == (404, "absent"), address
        assert all(words in answer["hint"] for words in ELSEWHERE), address


def test_a_failure_of_ours_shows_neither_a_stack_nor_a_key(ask, respond, store, monkeypatch):
    key = "sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"
    call()

    def broken(*_, **__):
        raise RuntimeError(f"at /home/ann/secret.py with {key}")

    monkeypatch.setattr(Store, "read", broken)
    answer = respond("traces")
    assert answer.code == 500
    assert json.loads(answer.body)["kind"] == "failure"
    for hidden in (b"Traceback", b"secret", key.encode()):
        assert hidden not in answer.body


def test_no_key_is_in_what_an_error_says(ask, store):
    key = "sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"
    call()
    _, answer = ask(f"traces?after={key}")
    assert key not in answer["message"]


def test_an_answer_is_given_again_only_while_the_store_is_as_it_was(ask, store, monkeypatch):
    call()
    store.fold()
    ask("totals")
    assert ask("totals")[1]["calls"] == 1
    asked = []
    real = Store.read
    monkeypatch.setattr(Store, "read", lambda self, *given, **more: asked.append(given) or real(self, *given, **more))
    assert ask("totals?model=pocket")[1]["calls"] == 1
    assert len(asked) == 1
    for _ in range(2):
        assert ask("totals?model=pocket")[1]["calls"] == 1
    assert len(asked) == 1
    call()
    assert ask("totals?model=pocket")[1]["calls"] == 2
    store.fold()
    with duckdb.connect(str(store.path)) as connection:
        connection.execute("UPDATE spans SET model = 'other'")
    assert ask("totals?model=pocket")[1]["calls"] == 0
