"""Laws of runs and records."""

import json
import math
from datetime import UTC, datetime

import numpy as np
import pytest

from workbench import traces
from workbench.errors import OptionError


def rows(table):
    return traces.query(f"SELECT * FROM {table}").to_dicts()


def test_a_run_is_stored_at_its_start_and_at_its_end():
    with traces.run("evaluation", "first", parameters={"n": 3}, seed=7, dataset_version="d1") as run:
        (row,) = rows("runs")
        assert (row["status"], row["ended_at"]) == ("running", None)
        with traces.span("chat", "chat"):
            pass
    (row,) = rows("runs")
    assert (row["run_id"], row["kind"], row["name"], row["status"], row["seed"]) == (
        run.run_id, "evaluation", "first", "ok", 7,
    )  # fmt: skip
    assert json.loads(row["parameters"]) == {"n": 3}
    assert json.loads(row["hardware"])["cpus"] >= 1
    assert len(row["lock_version"]) == 16
    assert row["ended_at"] >= row["started_at"]
    assert [span["run_id"] for span in rows("spans")] == [run.run_id]


def test_runs_form_a_tree():
    with traces.run("optimisation", "outer") as outer, traces.run("evaluation", "inner") as inner:
        pass
    parents = {row["run_id"]: row["parent_run_id"] for row in rows("runs")}
    assert parents == {outer.run_id: None, inner.run_id: outer.run_id}


@pytest.mark.parametrize(("error", "status"), [(ValueError("no"), "error"), (KeyboardInterrupt(), "interrupted")])
def test_how_a_run_is_left_is_its_status(error, status):
    with pytest.raises(type(error)), traces.run("evaluation", "first"):
        raise error
    (row,) = rows("runs")
    assert row["status"] == status
    assert type(error).__name__ in row["error_message"]


def test_metrics_keep_what_is_unknown_apart_from_what_is_not_a_number():
    with traces.run("training", "t") as run:
        run.metric("loss", 0.5, step=1)
        run.metric("loss", math.nan, step=2)
        run.metric("loss", math.inf, step=3)
        run.metric("loss", None, step=4, reason="diverged")
        run.metric("loss", np.float32(0.25), step=5, task="a")
    values = {row["step"]: (row["value"], row["reason"]) for row in rows("metrics")}
    assert values[1] == (0.5, None)
    assert math.isnan(values[2][0])
    assert values[3] == (math.inf, None)
    assert values[4] == (None, "diverged")
    assert values[5] == (0.25, None)


def test_a_row_with_the_same_key_is_replaced():
    key = {"run_id": "r", "program": "p", "sample_id": "s", "repetition": 0}
    for value in (False, True):
        traces.record("scores", **key, scorer="exact", kind="bool", bool=value)
        traces.query("SELECT 1")
    (row,) = rows("scores")
    assert row["bool"] is True


def test_json_columns_take_any_value():
    odd = {"n": np.int64(3), "array": np.arange(3), "bytes": b"\x00\xff", "nan": math.nan, "text": "\ud800", "set": {1}}
    key = {"run_id": "r", "program": "p", "sample_id": "s", "repetition": 0}
    traces.record("samples", **key, status="ok", input=odd, target="plain", output=None, started_at=datetime.now(UTC))
    (row,) = rows("samples")
    assert json.loads(row["input"]) == {
        "n": 3, "array": [0, 1, 2], "bytes": {"base64": "AP8="}, "nan": "NaN", "text": "�", "set": [1],
    }  # fmt: skip
    assert json.loads(row["target"]) == "plain"
    assert row["output"] is None


def test_a_table_a_column_or_a_key_that_is_not_there_is_said():
    with pytest.raises(OptionError, match=r"'metric'.*it writes runs, samples"):
        traces.record("metric", value=1)
    with pytest.raises(OptionError, match="'spans'"):
        traces.record("spans", span_id="x")
    with pytest.raises(TypeError, match=r"'scorre'.*Did you mean 'scorer'"):
        traces.record("scores", scorre="exact")
    with pytest.raises(OptionError, match="without name, run_id, step, task"):
        traces.record("metrics", value=1.0)
    assert rows("metrics") == []


def test_a_running_run_of_a_living_process_stays_running():
    moment = datetime.now(UTC)
    traces.record("runs", run_id="r", kind="k", name="n", status="running", started_at=moment)
    assert [row["status"] for row in rows("runs")] == ["running"]
