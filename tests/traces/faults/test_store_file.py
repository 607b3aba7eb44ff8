"""The store's file damaged as disks do it: found, moved aside with a message, rebuilt; never silently wrong."""

import random
import shutil
import subprocess
import sys
import warnings
from collections import Counter

import duckdb
import pytest

from workbench.messages import assistant
from workbench.traces.journal import StoreWarning
from workbench.traces.store import Store


def write(store, name):
    span = store.tracer.start("chat", name, None)
    span.set(model="pocket", input_tokens=7).output_messages([assistant(f"{name} {'word ' * 40}")])
    span.end()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A closed store of 60 spans in two sessions, all of it in the file, and all of it in the archive."""
    path = tmp_path_factory.mktemp("whole") / "traces.duckdb"
    for part in range(2):
        store = Store(path)
        for number in range(30):
            write(store, f"{part}.{number}")
        store.close()
        store.fold()
    return path


@pytest.fixture
def path(whole, tmp_path):
    """A copy that a test may break."""
    shutil.copytree(whole.parent, tmp_path / "copy")
    return tmp_path / "copy" / "traces.duckdb"


def answers(path):
    """How often each span is there, with its message; and what was said meanwhile."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = Store(path).query(
            "SELECT name, text, model, input_tokens FROM spans JOIN span_messages USING (span_id) "
            "JOIN messages USING (message_hash)"
        )
    complaints = [one for one in said if issubclass(one.category, StoreWarning)]
    return Counter(found.iter_rows()), complaints


def is_right_or_said(path, expected, what):
    found, complaints = answers(path)
    assert found == expected, (what, expected - found, found - expected)
    moved = list(path.parent.glob(f"{path.name}.damaged-*"))
    assert bool(moved) == bool(complaints), what
    return bool(moved)


def test_bits_flipped_anywhere_in_the_file_never_change_an_answer(whole, path, tmp_path):
    """40 files with one flipped bit: in a part that is read the damage is found, elsewhere it is of no matter."""
    expected, _ = answers(path)
    draw, sound, found = random.Random(0), whole.read_bytes(), 0
    for number in range(40):
        folder = tmp_path / f"flipped-{number}"
        shutil.copytree(whole.parent, folder)
        broken = bytearray(sound)
        # half of them in the file's heads and early blocks, where its structure is
        place = draw.randrange(len(sound) if number % 2 else min(len(sound), 140_000))
        broken[place] ^= 1 << draw.randrange(8)
        (folder / path.name).write_bytes(bytes(broken))
        found += is_right_or_said(folder / path.name, expected, f"bit at {place} of {len(sound)}")
        shutil.rmtree(folder)
    assert found > 0


def test_a_file_cut_anywhere_is_found_and_rebuilt(whole, path, tmp_path):
    expected, _ = answers(path)
    draw, sound = random.Random(1), whole.read_bytes()
    for place in (1, 8, 12, 4096, 12288, len(sound) - 1, *(draw.randrange(len(sound)) for _ in range(6))):
        folder = tmp_path / f"cut-{place}"
        shutil.copytree(whole.parent, folder)
        (folder / path.name).write_bytes(sound[:place])
        assert is_right_or_said(folder / path.name, expected, f"cut at {place} of {len(sound)}")
        shutil.rmtree(folder)


@pytest.mark.parametrize("content", [b"", b"\0" * 500_000, b"SQLite format 3\0" + b"\1" * 8192])
def test_a_file_that_became_something_else_is_rebuilt(path, content):
    """Empty and all zeros are what a crash of the system leaves of a file that it had promised."""
    expected, _ = answers(path)
    path.write_bytes(content)
    found, _ = answers(path)
    assert found == expected


def killed_after(path, *statements):
    """Commits these and dies without a checkpoint, so that they are only in the write-ahead log."""
    program = (
        "import duckdb, os, sys\nconnection = duckdb.connect(sys.argv[1])\n"
        "connection.execute(\"SET checkpoint_threshold = '1GB'\")\n"
        "[connection.execute(sql) for sql in sys.argv[2:]]\nos.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path), *statements], check=False)
    log = path.with_name(path.name + ".wal")
    assert log.stat().st_size
    return log


def test_what_a_lost_write_ahead_log_held_is_folded_again(path):
    """The rows of a segment and its mark are in one transaction, so they are lost together."""
    expected, _ = answers(path)
    # put the last session back to where it had not been folded, checkpoint, fold into a log, lose the log
    with duckdb.connect(str(path)) as connection:
        session = connection.execute("SELECT max(session) FROM segments").fetchone()[0]
        connection.execute("DELETE FROM spans WHERE session = ?", [session])
        connection.execute("DELETE FROM outputs WHERE span_id NOT IN (SELECT span_id FROM spans)")
        connection.execute("DELETE FROM segments WHERE session = ?", [session])
    log = killed_after(path, "CREATE TABLE of_no_matter (n INTEGER)")
    log.unlink()
    assert answers(path)[0] == expected


def test_a_write_ahead_log_of_an_older_file_brings_nothing_back(path, tmp_path):
    expected, _ = answers(path)
    log = killed_after(path, "DELETE FROM spans WHERE name LIKE '0.%'")
    stale = log.read_bytes()
    log.unlink()
    write(other := Store(path), "later")
    other.close()
    other.fold()
    log.write_bytes(stale)
    found, _ = answers(path)
    assert sum(found.values()) == sum(expected.values()) + 1
    assert not expected - found


@pytest.mark.parametrize("cut", [1, 50, 400])
def test_a_torn_or_garbled_write_ahead_log_loses_nothing(path, cut):
    expected, _ = answers(path)
    log = killed_after(path, "CREATE TABLE of_no_matter AS SELECT range AS n FROM range(100)")
    log.write_bytes(log.read_bytes()[:cut])
    assert answers(path)[0] == expected
    log.write_bytes(random.Random(cut).randbytes(3000))
    assert answers(path)[0] == expected
