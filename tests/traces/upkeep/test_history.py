"""Laws of redacting history: what was cut out is in no row and in no byte, and all else is as it was."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench import traces
from workbench.errors import OptionError
from workbench.traces.erasure import Erasure
from workbench.traces.segment import segments
from workbench.traces.store import Store
from workbench.traces.upkeep import check, redact_history

ROOT = Path(__file__).parents[3]


def bytes_of(store):
    folder = store.path.parent
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def spellings(text):
    return [text.encode(), json.dumps(text, ensure_ascii=False)[1:-1].encode(), json.dumps(text)[1:-1].encode()]


def test_what_was_cut_out_is_in_no_row_and_in_no_byte(written, secret, rows):
    assert any(word in bytes_of(written) for word in spellings(secret))
    done = redact_history(written, Erasure(texts=(secret,)))
    assert done.found_again == done.unread == ()
    assert not any(word in bytes_of(written) for word in spellings(secret))
    assert not any(secret in row for table in rows(written).values() for row in table)
    named = {"messages.body", "spans.attributes", "attempts.error_message", "feedback.comment", "runs.name"}
    assert named <= done.cells.keys()


def test_what_is_left_is_as_it_was_and_fits_together(written, secret, rows):
    before = {name: len(found) for name, found in rows(written).items()}
    shape = written.query("SELECT span_id, direction, position FROM span_messages ORDER BY ALL")
    redact_history(written, Erasure(texts=(secret,)))
    assert {name: len(found) for name, found in rows(written).items()} == before
    assert written.query("SELECT span_id, direction, position FROM span_messages ORDER BY ALL").equals(shape)
    assert check(written).is_well
    said = written.query("SELECT text FROM messages WHERE role = 'user' ORDER BY text")["text"].to_list()
    assert "question 0: [redacted]" in said
    assert "question 1: nothing" in said


def test_a_store_that_is_rebuilt_afterwards_is_the_redacted_one(written, secret, rows, rebuilt):
    redact_history(written, Erasure(texts=(secret,)))
    assert rebuilt(written) == rows(written)
    assert not any(secret in row for table in rows(written).values() for row in table)
    assert check(written).is_well


def test_a_dry_run_counts_the_same_and_changes_nothing(written, secret, rows):
    written.close()
    written.fold()
    before, content = rows(written), bytes_of(written)
    counted = redact_history(written, Erasure(texts=(secret,)), dry_run=True)
    assert rows(written) == before
    assert len(bytes_of(written)) == len(content)
    done = redact_history(written, Erasure(texts=(secret,)))
    assert (done.cells, done.segments) == (counted.cells, counted.segments)
    again = redact_history(written, Erasure(texts=(secret,)))
    assert (again.cells, again.segments) == ({}, 0)


def test_keys_that_came_in_before_they_were_known_go(fresh_store, monkeypatch, rows):
    with traces.span("chat", "chat") as span:
        span.attribute("said", "opensesame-12345")
    fresh_store.close()
    monkeypatch.setenv("CAVE_PASSWORD", "opensesame-12345")
    redact_history(fresh_store, Erasure(keys=True))
    assert b"opensesame-12345" not in bytes_of(fresh_store)
    assert "[redacted]" in rows(fresh_store)["spans"][0]


def test_two_names_never_become_one(fresh_store):
    for number in (1, 2, 3):
        row = {"run_id": "r", "program": "p", "sample_id": f"ada{number}@example.org", "repetition": 0}
        traces.record("samples", **row, status="ok")
        traces.record("scores", **row, scorer="exact", kind="bool", bool=number == 2)
    redact_history(fresh_store, Erasure(patterns=(r"\w+@example\.org",)))
    joined = fresh_store.query("FROM samples JOIN scores USING (run_id, program, sample_id, repetition)")
    assert joined.height == 3
    assert sorted(joined["sample_id"].to_list()) == ["[redacted]", "[redacted] 2", "[redacted] 3"]


def test_a_number_in_json_that_matches_goes_and_a_column_of_numbers_stays(fresh_store):
    with traces.span("chat", "chat") as span:
        span.attribute("card", 4111111111111111)
        span.set(input_tokens=41111)
    redact_history(fresh_store, Erasure(texts=("41111",)))
    (row,) = fresh_store.query("SELECT attributes, input_tokens FROM spans").rows()
    assert (json.loads(row[0]), row[1]) == ({"card": "[redacted]"}, 41111)


WRITER = """
import sys
from workbench import traces
from workbench.messages import user
store = traces.use(sys.argv[1])
def say(text):
    with traces.span("chat", "chat") as span:
        span.input_messages([user("asked before"), user(text)])
    print("said", flush=True)
say("the secret is Zanzibar-1964")
for line in sys.stdin:
    say(line.strip())
"""


def test_what_a_living_process_wrote_goes_and_what_it_writes_next_is_whole(tmp_path):
    path = tmp_path / "other" / "traces.duckdb"
    environment = {name: value for name, value in os.environ.items() if name != "WORKBENCH_STORE"}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout.readline() == "said\n"
            store = Store(path)
            done = redact_history(store, Erasure(texts=("Zanzibar-1964",)))
            assert len(done.living) == 1
            assert b"Zanzibar" not in bytes_of(store)
            process.stdin.write("something else\n")
            process.stdin.flush()
            assert process.stdout.readline() == "said\n"
            texts = store.query("SELECT text FROM messages ORDER BY text")["text"].to_list()
            assert texts == ["asked before", "something else", "the secret is [redacted]"]
            assert check(store).is_well
            store.path.unlink()
            with pytest.warns(traces.StoreWarning, match="is being rebuilt"):
                again = store.query("SELECT text FROM messages ORDER BY text")["text"].to_list()
            assert again == texts
            assert check(store).is_well
        finally:
            process.send_signal(signal.SIGKILL)


def test_an_id_that_looks_like_what_is_cut_out_is_not_taken_for_it(written):
    """Hashes stay: only what went is looked for in the bytes."""
    digest = written.query("SELECT message_hash FROM messages LIMIT 1")["message_hash"][0]
    done = redact_history(written, Erasure(patterns=(f"{digest}|Zanzibar",)))
    assert done.found_again == ()
    assert "messages.body" in done.cells


def test_garbage_in_the_journal_that_holds_it_goes_and_other_garbage_stays(fresh_store):
    fresh_store.journal.begin()
    fresh_store.journal.append(b'{"span": {"name": "Zanzib')
    fresh_store.journal.append(b"torn Zanzibar {")
    redact_history(fresh_store, Erasure(texts=("Zanzibar",)))
    (kept,) = segments(fresh_store.compactor.archive)
    assert b"torn" not in kept.path.read_bytes()
    assert b"Zanzib" in kept.path.read_bytes()


def test_a_file_that_was_moved_aside_is_named(written, secret):
    aside = written.path.with_name(written.path.name + ".damaged-20260101T000000")
    aside.write_bytes(secret.encode())
    done = redact_history(written, Erasure(texts=(secret,)))
    assert done.unread == (aside,)
    assert done.found_again == (aside,)


@pytest.mark.parametrize(
    "given", [{"texts": ("abc",)}, {"patterns": ("x*",)}, {"patterns": ("(",)}, {"texts": ("redacted",)}]
)
def test_an_erasure_that_would_cut_everywhere_is_refused(given):
    with pytest.raises(OptionError):
        Erasure(**given)


def test_an_erasure_of_nothing_is_refused(fresh_store):
    with pytest.raises(OptionError, match="Nothing says"):
        redact_history(fresh_store, Erasure())
