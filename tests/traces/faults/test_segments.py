"""Segments as kills, crashes and other versions leave them: what is whole is stored once, the rest is counted."""

import json
import os
import random
import shutil
import warnings

import pytest

from workbench.messages import assistant
from workbench.traces.segment import segments
from workbench.traces.store import Store


def write(store, name):
    span = store.tracer.start("chat", name, None)
    span.output_messages([assistant(name)])
    span.end()


@pytest.fixture(scope="module")
def segment(tmp_path_factory):
    """The bytes of a segment of 12 ended spans, and its name."""
    store = Store(tmp_path_factory.mktemp("segment") / "traces.duckdb")
    for number in range(12):
        write(store, f"{number}")
    store.close()
    (found,) = segments(store.journal.folder)
    return found.name, found.path.read_bytes()


def left_by_the_dead(folder, name, content):
    """A store whose journal holds this segment, of a process that is gone."""
    path = folder / "traces.duckdb"
    (folder / "traces.duckdb.journal").mkdir(parents=True)
    (folder / "traces.duckdb.journal" / name).write_bytes(content)
    return Store(path)


def stored(store):
    return sorted(store.query("SELECT name FROM spans WHERE status = 'ok'")["name"].to_list())


def ended(content):
    """The names of the spans whose end is on a whole line."""
    found = []
    for line in content.split(b"\n")[:-1]:
        try:
            found.append(json.loads(line)["span"]["name"])
        except (ValueError, KeyError, TypeError):
            continue
    return sorted(found)


def test_a_segment_torn_at_any_byte_gives_every_whole_record(segment, tmp_path):
    name, content = segment
    draw = random.Random(0)
    places = {len(content), len(content) - 1, 0, 1, *(draw.randrange(len(content)) for _ in range(20))}
    for place in sorted(places):
        store = left_by_the_dead(tmp_path / f"{place}", name, content[:place])
        assert stored(store) == ended(content[:place]), place
        torn = bool(content[:place]) and not content[:place].endswith(b"\n")
        assert store.query("SELECT sum(skipped)::INTEGER AS n FROM segments")["n"].item() == torn, place


def test_bytes_changed_anywhere_in_a_segment_cost_at_most_their_lines(segment, tmp_path):
    """A changed byte that leaves a line valid JSON cannot be told from what was meant; nothing else may change."""
    name, content = segment
    draw = random.Random(1)
    for number in range(20):
        broken = bytearray(content)
        place = draw.randrange(len(content))
        broken[place] = draw.randrange(256)
        lines = {content[:place].count(b"\n"), content[: place + 1].count(b"\n")}
        untouched = b"".join(line + b"\n" for at, line in enumerate(content.split(b"\n")[:-1]) if at not in lines)
        store = left_by_the_dead(tmp_path / f"{number}", name, bytes(broken))
        assert not set(ended(untouched)) - set(stored(store)), place
        assert len(stored(store)) == len(set(stored(store))) <= 12


@pytest.mark.parametrize("content", [b"", b"\0" * 9000, b"\n" * 50, os.urandom(5000), b"{" * 5000, b"[1,2]\n" * 3])
def test_a_garbage_segment_stops_nothing_and_is_counted(segment, tmp_path, content):
    """All zeros is what a power cut leaves of a file whose length was written and whose blocks were not."""
    name, good = segment
    store = left_by_the_dead(tmp_path / "garbage", "20250101T000000-1-abcdef01.000001.jsonl", content)
    (store.journal.folder / name).write_bytes(good)
    assert stored(store) == ended(good)
    skipped = store.query("SELECT skipped, skipped_reason FROM segments WHERE segment LIKE '20250101%'").to_dicts()
    assert [bool(row["skipped"]) for row in skipped] == [bool(content.strip(b"\n"))]
    assert all(row["skipped_reason"] for row in skipped if row["skipped"])
    write(store, "later")
    assert "later" in stored(store)


def test_a_segment_with_a_hole_gives_what_is_around_it(segment, tmp_path):
    name, content = segment
    lines = content.split(b"\n")
    lines[7] = b"\0" * len(lines[7])
    broken = b"\n".join(lines)
    assert stored(left_by_the_dead(tmp_path / "hole", name, broken)) == ended(broken)


def test_a_newer_versions_segment_is_kept_for_it_and_hides_nothing(segment, tmp_path):
    name, content = segment
    store = left_by_the_dead(tmp_path / "newer", name, content)
    header = {"segment": {"version": 99, "session": "20990101T000000-1-abcdef01"}}
    newer = store.journal.folder / "20990101T000000-1-abcdef01.000001.jsonl"
    newer.write_text(json.dumps(header) + '\n{"span": {"of": "another form"}}\n')
    assert stored(store) == ended(content)
    assert stored(Store(store.path)) == ended(content)
    assert newer.read_text().startswith('{"segment"')


def test_a_journal_folder_that_was_deleted_takes_only_what_was_not_folded(tmp_path):
    store = Store(tmp_path / "traces.duckdb")
    write(store, "folded")
    store.fold()
    write(store, "not folded")
    shutil.rmtree(store.journal.folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write(store, "after")
        assert stored(store) == ["after", "folded"]
    write(other := Store(store.path), "of another process")
    assert stored(other) == ["after", "folded", "of another process"]


def test_a_segment_that_comes_back_from_a_backup_is_not_stored_twice(segment, tmp_path):
    name, content = segment
    store = left_by_the_dead(tmp_path / "backup", name, content)
    assert stored(store) == ended(content)
    (store.journal.folder / name).write_bytes(content)
    store.fold()
    assert stored(store) == ended(content)
