"""What goes out comes back: rows of every relation through every format that carries them."""

from datetime import datetime
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.messages import assistant, user
from workbench.traces.exchange import export, import_
from workbench.traces.exchange.carried import CARRIED

RELATIONS = tuple(CARRIED)
OF_SPANS = ("spans", "attempts", "span_messages", "messages", "links")
laws_of_files = settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.parametrize("name", ["out.parquet", "out.csv"])
@laws_of_files
@given(data=st.data())
def test_every_relation_comes_back_from_tables_as_it_was(laws, name, data):
    spans, tables = data.draw(laws.SPANS), data.draw(laws.CONTENTS)
    with laws.two_stores() as (first, second, folder):
        laws.put(first, spans, tables)
        export(folder / name, store=first)
        done = import_(folder / name, store=second)
        assert not done.skipped
        for relation in RELATIONS:
            assert laws.content(second, relation) == laws.content(first, relation), relation


@laws_of_files
@given(data=st.data())
def test_spans_messages_attempts_and_links_come_back_from_otlp_as_they_were(laws, data):
    with laws.two_stores() as (first, second, folder):
        laws.put(first, data.draw(laws.SPANS), {})
        export(folder / "out.otlp.jsonl", store=first)
        done = import_(folder / "out.otlp.jsonl", store=second)
        assert not done.skipped
        for relation in OF_SPANS:
            assert laws.content(second, relation) == laws.content(first, relation), relation


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.otlp.jsonl", "out.chat.jsonl"])
def test_importing_twice_doubles_nothing(known, other, laws, tmp_path, name):
    export(tmp_path / name, store=known)
    first = import_(tmp_path / name, store=other)
    before = {relation: laws.content(other, relation) for relation in RELATIONS}
    second = import_(tmp_path / name, store=other)
    assert first.rows["spans"] == second.already_there["spans"] > 0
    assert not second.rows
    assert {relation: laws.content(other, relation) for relation in RELATIONS} == before


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.otlp.jsonl"])
def test_importing_into_the_store_it_came_from_changes_nothing(known, laws, tmp_path, name):
    before = {relation: laws.content(known, relation) for relation in RELATIONS}
    export(tmp_path / name, store=known)
    assert not import_(tmp_path / name, store=known).rows
    assert {relation: laws.content(known, relation) for relation in RELATIONS} == before


@pytest.mark.parametrize("name", ["scores.parquet", "scores.csv"])
def test_a_path_named_after_a_relation_is_one_file_of_it(known, other, laws, tmp_path, name):
    done = export(tmp_path / name, store=known)
    assert done.rows == {"scores": 2}
    assert done.path.is_file()
    assert done.bytes == done.path.stat().st_size
    assert import_(tmp_path / name, store=other).rows == {"scores": 2}
    assert laws.content(other, "scores") == laws.content(known, "scores")


def test_no_cell_of_a_table_for_spreadsheets_begins_like_a_formula(laws, tmp_path):
    with laws.two_stores() as (first, second, folder):
        texts = ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\rx", "", "'", "'=1", "plain"]
        tools = [{"tool_version": str(n), "name": text} for n, text in enumerate(texts)]
        laws.put(first, [], {"tools": tools})
        export(folder / "tools.csv", store=first)
        import csv

        with (folder / "tools.csv").open(newline="") as file:
            cells = [row["name"] for row in csv.DictReader(file)]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
        assert "plain" in cells
        import_(folder / "tools.csv", store=second)
        names = second.query("SELECT name FROM tools ORDER BY tool_version::INTEGER")["name"].to_list()
        assert names == texts


def test_a_running_span_is_left_out_until_it_has_ended(known, other, tmp_path):
    start = {"span_id": "a" * 16, "trace_id": "b" * 32, "name": "n", "operation": "chat", "status": "running"}
    start |= {"started_at": "2026-01-05 00:00:00", "session": known.journal.session}
    known.append({"start": start})
    export(tmp_path / "early.parquet", store=known)
    early = import_(tmp_path / "early.parquet", store=other)
    assert early.rows["spans"] == 3
    assert early.skipped == {"a span was still running when the file was written": 1}
    known.append({"span": {**start, "status": "ok", "ended_at": "2026-01-05 00:00:01"}})
    export(tmp_path / "late.parquet", store=known)
    late = import_(tmp_path / "late.parquet", store=other)
    assert (late.rows["spans"], late.skipped) == (1, {})
    assert other.query("SELECT status FROM spans WHERE name = 'n'")["status"].to_list() == ["ok"]


def test_a_run_without_an_end_is_replaced_by_the_same_run_with_it(known, other, tmp_path):
    run = {"run_id": "late", "kind": "k", "name": "n", "status": "running", "started_at": "2026-01-05 00:00:00"}
    known.append({"table": "runs", "row": {**run, "session": known.journal.session}})
    export(tmp_path / "early.parquet", store=known)
    import_(tmp_path / "early.parquet", store=other)
    question = "SELECT status FROM runs WHERE run_id = 'late'"
    assert other.query(question)["status"].to_list() == ["interrupted"]
    known.append({"table": "runs", "row": {**run, "status": "ok", "ended_at": "2026-01-05 00:00:01"}})
    export(tmp_path / "late.parquet", store=known)
    assert import_(tmp_path / "late.parquet", store=other).rows == {"runs": 1}
    assert other.query(question)["status"].to_list() == ["ok"]


def test_keys_are_cut_out_of_what_comes_in(known, other, monkeypatch, tmp_path):
    monkeypatch.setenv("EXAMPLE_API_KEY", "be brief")
    export(tmp_path / "out.otlp.jsonl", store=known)
    import_(tmp_path / "out.otlp.jsonl", store=other)
    assert other.query("SELECT text FROM messages WHERE role = 'system'")["text"].to_list() == ["[redacted]"]


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.otlp.jsonl"])
def test_a_history_that_turns_of_two_conversations_share_comes_back_whole(laws, name):
    with laws.two_stores() as (first, second, folder):
        for number in range(8):
            talk = f"{number % 2:032x}"  # turn by turn, one conversation after the other
            history = [user("hello"), *(user(f"{talk} {turn}") for turn in range(number // 2 + 1))]
            at = {"span_id": f"{number:016x}", "trace_id": talk, "started_at": datetime(2026, 1, 1 + number)}
            row = {**at, "name": "n", "operation": "chat", "status": "ok"}
            said = {"input": history, "output": [assistant("hello")]}
            laws.put_span(first, SimpleNamespace(row=row, messages=said, attempts=[], reads=[]))
        export(folder / name, store=first)
        import_(folder / name, store=second)
        for relation in OF_SPANS:
            assert laws.content(second, relation) == laws.content(first, relation), relation
