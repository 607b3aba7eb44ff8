"""The notebook on Split-MNIST runs from start to end, and its short form keeps the published order."""

from pathlib import Path

import nbformat
import pytest

from workbench import traces

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "split_mnist.ipynb"
DATA = ROOT.parent / "shared" / "data" / "mnist.npz"
AVERAGES = """
    SELECT runs.name AS run, metrics.task AS strategy, value
    FROM metrics JOIN runs USING (run_id)
    WHERE runs.kind = 'continual' AND parent_run_id IS NULL AND metrics.name = 'average_accuracy'"""


def executed(path, execute):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    cell.source = "\n".join([f"path = {str(path)!r}", *cell.source.splitlines()[1:]])
    return execute(notebook, NOTEBOOK.parent)


@pytest.mark.notebook
@pytest.mark.skipif(not DATA.is_file(), reason="MNIST's npz file is not beside the checkout, in shared/data")
def test_it_runs_and_keeps_the_published_order(execute_notebook):
    notebook = executed(DATA, execute_notebook)
    averages = {(run, strategy): value for run, strategy, value in traces.query(AVERAGES).rows()}
    by_class, domain, task = (
        [
            averages[f"split-mnist-{scenario}", name]
            for name in ("naive", "task-balanced-replay-1000-by-tasks", "cumulative")
        ]
        for scenario in ("class", "domain", "task")
    )
    assert 0.1 < by_class[0] < 0.25
    assert by_class[0] + 0.3 < by_class[1] < by_class[2] + 0.05
    assert by_class[0] < domain[0] < task[0]
    assert domain[0] < domain[2]
    assert task[0] > 0.7
    text = str([cell.get("outputs") for cell in notebook.cells])
    assert "class: none" in text
    assert text.count("<figcaption") == 2


@pytest.mark.notebook
def test_without_the_file_it_says_so_and_does_nothing(execute_notebook, tmp_path):
    notebook = executed(tmp_path / "nowhere.npz", execute_notebook)
    outputs = str([cell.get("outputs") for cell in notebook.cells])
    assert "Skipped: there is no file" in outputs
    assert "image/png" in outputs  # what came out at full length is shown all the same
    assert not traces.query(AVERAGES).height


def test_it_is_committed_small_with_its_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert NOTEBOOK.stat().st_size < 300_000
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    assert "class: none" in str(outputs)
