"""Selections: which spans go out, and what goes with them."""

from datetime import UTC, datetime

import pytest

from workbench.traces.exchange import Selection, export, import_


@pytest.mark.parametrize(
    ("where", "spans"),
    [
        (Selection(), 3),
        (Selection(model="pocket"), 1),
        (Selection(model="other"), 2),  # with the agent above it
        (Selection(notebook="a.ipynb"), 1),
        (Selection(run_id="r"), 3),
        (Selection(since=datetime(2026, 1, 3)), 2),
        (Selection(until=datetime(2026, 1, 3, tzinfo=UTC)), 1),
        (Selection(trace_ids=(f"{1:032x}",)), 1),
        (Selection(trace_ids=()), 0),
        (Selection(min_score=("exact", 1)), 1),
        (Selection(min_score=("exact", 0)), 3),
        (Selection(min_score=("nobody", 0)), 0),
        (Selection(model="pocket", notebook="b.ipynb"), 0),
    ],
    ids=str,
)
def test_traces_with_a_fitting_span_go_out_whole(known, tmp_path, where, spans):
    assert export(tmp_path / "x.parquet", store=known, where=where).rows["spans"] == spans
    assert export(tmp_path / "x.otlp.jsonl", store=known, where=where).rows["spans"] == spans


def test_what_belongs_to_the_spans_goes_with_them(known, other, tmp_path):
    rows = export(tmp_path / "x.parquet", store=known, where=Selection(model="pocket")).rows
    assert {name: count for name, count in rows.items() if count} == {
        "spans": 1, "attempts": 2, "span_messages": 5, "messages": 5, "links": 1, "runs": 1, "samples": 1,
        "scores": 1, "metrics": 1,
    }  # fmt: skip
    assert not import_(tmp_path / "x.parquet", store=other).skipped


def test_a_run_goes_out_with_all_its_samples_and_with_the_runs_below_it(known, tmp_path):
    below = {"run_id": "below", "parent_run_id": "r", "kind": "k", "name": "n", "status": "ok"}
    known.append({"table": "runs", "row": {**below, "started_at": "2026-01-01 00:00:00"}})
    rows = export(tmp_path / "x.parquet", store=known, where=Selection(run_id="r")).rows
    assert (rows["samples"], rows["runs"]) == (3, 2)
