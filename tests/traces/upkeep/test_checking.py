"""Laws of checking: a whole store is well, and each thing that is wrong is said."""

import duckdb
import pytest

from workbench.traces.segment import segments
from workbench.traces.upkeep import check


def changed(store, *statements):
    store.close()
    store.fold()
    with duckdb.connect(str(store.path)) as connection:
        for statement in statements:
            connection.execute(statement)


def said(store):
    return {finding.about: finding.state for finding in check(store).findings}


def test_a_store_that_the_workbench_wrote_is_well(written):
    report = check(written)
    assert report.is_well
    assert report.rows["spans"] == 24
    assert all(size >= 0 for size in report.sizes.values())


def test_an_empty_store_is_well(fresh_store):
    assert check(fresh_store).is_well


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM message_bodies WHERE text LIKE 'question 1:%'", "messages that a span lists"),
        ("DELETE FROM contexts WHERE position = 1", "gaps"),
        ("UPDATE message_bodies SET text = 'other' WHERE text LIKE 'question 1:%'", "hash of their body"),
        ("INSERT INTO spans FROM spans LIMIT 1", "rows of spans are there more than once"),
        ("DELETE FROM spans WHERE operation = 'chat'", "attempts of spans that are not there"),
    ],
)
def test_rows_that_do_not_fit_together_are_said(written, statement, words):
    changed(written, statement)
    report = check(written)
    assert not report.is_well
    assert any(words in finding.about and finding.state == "wrong" for finding in report.findings)


def test_lines_that_are_no_records_are_a_note_with_their_reason(written):
    written.journal.begin()
    written.journal.append(b"garbage")
    assert any("1 lines of" in about and state == "note" for about, state in said(written).items())
    assert check(written).is_well


def test_files_that_were_left_are_named(written):
    for ending in (".damaged-20260101T000000", ".rewriting"):
        written.path.with_name(written.path.name + ending).write_bytes(b"x")
    about = " ".join(said(written))
    assert "moved aside as damaged" in about
    assert "rewriting that was killed" in about


def test_a_segment_that_somebody_cut_is_wrong(written):
    from workbench import traces

    with traces.span("chat", "one more"):
        pass
    written.fold()
    (live,) = segments(written.compactor.folder)
    with live.path.open("r+b") as file:
        file.truncate(10)
    assert any(state == "wrong" and live.name in about for about, state in said(written).items())
