"""The notebook on continual learning runs from start to end, and what it stores lies in the expected ranges."""

from pathlib import Path

import nbformat
import pytest

from workbench import traces

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "continual.ipynb"
CELLS = """
    SELECT runs.name AS strategy, seed, step, CAST(task AS BIGINT) AS task, value
    FROM metrics JOIN runs USING (run_id)
    WHERE runs.kind = 'continual' AND metrics.name = 'accuracy'"""
PARENT = """
    SELECT metrics.task AS strategy, metrics.name AS measure, value
    FROM metrics JOIN runs USING (run_id)
    WHERE runs.kind = 'continual' AND parent_run_id IS NULL"""


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.mark.notebook
def test_it_runs_and_stores_the_expected_ranges(execute_notebook):
    short = nbformat.read(NOTEBOOK, as_version=4)
    parameters = next(cell for cell in short.cells if "parameters" in cell.metadata.get("tags", []))
    assert parameters.source == "seeds = 8"
    parameters.source = "seeds = 3"
    notebook = execute_notebook(short, NOTEBOOK.parent)

    cells = traces.query(CELLS)
    assert cells.height == 5 * 3 * 5 * 5
    last = cells.filter(step=4).group_by("strategy", "seed").mean()
    names = ("naive", "ewc-10", "lwf-1", "replay-200", "cumulative")
    naive, ewc, lwf, replay, cumulative = (last.filter(strategy=name)["value"] for name in names)
    assert naive.is_between(0.15, 0.25).all()
    assert ewc.is_between(0.15, 0.25).all()
    assert lwf.is_between(0.15, 0.3).all()
    assert replay.is_between(0.84, 0.95).all()
    assert cumulative.is_between(0.93, 0.99).all()

    measures = {(strategy, measure): value for strategy, measure, value in traces.query(PARENT).rows()}
    assert measures["naive", "average_accuracy"] == pytest.approx(naive.mean())
    assert measures["replay-200", "average_accuracy"] == pytest.approx(replay.mean())
    assert measures["naive", "forgetting"] > 0.9
    assert measures["replay-200", "forgetting"] < 0.2
    for (task, measure), value in list(measures.items()):
        if not measure.endswith(("_low", "_high")):
            assert measures[task, f"{measure}_low"] <= value <= measures[task, f"{measure}_high"]
    assert measures["replay-200 - naive", "average_accuracy_low"] > 0.5

    shown = [output for output in outputs(notebook) if "figcaption" in str(output.get("data", {}).get("text/html"))]
    assert len(shown) == 1
    live = next(output for output in outputs(notebook) if "learned ↓" in str(output.get("data")))
    assert live["data"]["text/html"].count("<caption") == 5
    assert live["data"]["text/html"].count("3 seeds") == 5


def test_it_is_committed_small_with_its_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert NOTEBOOK.stat().st_size < 300_000
    assert all(cell.outputs for cell in notebook.cells if cell.cell_type == "code" and cell.source != "seeds = 8")
    assert not [output for output in outputs(notebook) if output.output_type == "error"]
