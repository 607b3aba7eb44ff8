"""Reproductions say what they ran, set it beside what was published, and refuse what they cannot run."""

import json

import numpy as np
import pytest

from workbench import traces
from workbench.continual.protocols import PROTOCOLS, Setting
from workbench.continual.reproduce import main, table

SHORT = ["digits", "--seeds", "2", "--steps", "20", "--scenario", "class", "--strategies", "none", "--no-progress"]


def test_a_short_run_prints_its_table_and_a_json_line_and_is_stored(capsys):
    assert main(SHORT) == 0
    out = capsys.readouterr().out
    assert "SHORTENED: rows=all, steps=20" in out
    report = json.loads(out.splitlines()[-1])
    (figure,) = report["figures"]
    assert (report["name"], figure["figure"], figure["n"], figure["unit"]) == ("digits", "class: none", 2, "%")
    assert figure["low"] <= figure["value"] <= figure["high"]
    assert "met" not in figure  # the published setting is no aim for less than it
    stored = traces.query(
        "SELECT value FROM metrics JOIN runs USING (run_id)"
        " WHERE runs.name = 'digits-class' AND metrics.name = 'average_accuracy'"
    )
    assert stored["value"].to_list() == [pytest.approx(figure["value"] / 100, abs=1e-4)]


def test_permuted_digits_come_out_as_measured_by_hand_written_code(capsys):
    assert main(["permuted-digits", "--seeds", "1", "--strategies", "none", "er", "--no-progress"]) == 0
    none, replayed = json.loads(capsys.readouterr().out.splitlines()[-1])["figures"]
    assert 34 < none["value"] < 48  # 40.6 ± 1.6 over seeds; other machines round otherwise
    assert 74 < replayed["value"] < 86  # 79.5 ± 1.8
    for figure in (none, replayed):
        assert figure["met"] == (abs(figure["value"] - figure["published"]) <= 3)


def test_the_table_shows_what_is_unknown_as_nothing():
    known = {"figure": "task: none", "value": 87.5, "low": 87.0, "high": 88.0, "n": 5, "published": 87.19}
    unknown = {"figure": "task: er", "value": 98.0, "low": None, "high": None, "n": 1, "published": None}
    lines = table([known, unknown]).splitlines()
    assert lines[2].split() == ["task:", "none", "87.50", "87.00–88.00", "5", "87.19", "+0.31"]
    assert lines[3].split() == ["task:", "er", "98.00", "1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["split-mnist"], "needs MNIST"),
        (["split-mnist", "--data", "nowhere.npz"], "no file or folder"),
        (["digits", "--strategies", "nnoe"], "Did you mean 'none'"),
        (["digits", "--seeds", "0", "--scenario", "class"], "seeds=0"),
        (["digits", "--steps", "0", "--scenario", "class"], "steps=0"),
    ],
)
def test_what_cannot_be_run_ends_with_a_message_and_status_2(capsys, arguments, message):
    assert main([*arguments, "--no-progress"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("grid", [False, True], ids=["", "grid"])
@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_every_published_cell_has_its_strategy_and_names_are_told_apart(protocol, grid):
    protocol = protocol.at_strengths() if grid else protocol
    for scenario in protocol.scenarios:
        strategies = protocol.strategies(scenario)
        assert len({strategy.name for strategy in strategies.values()}) == len(strategies)
    for scenario, name in protocol.published:
        assert name in protocol.strategies(scenario)


def _small(folder):
    labels = np.arange(40, dtype=np.uint8) % 10
    names = ("train_images", "train_labels", "test_images", "test_labels")
    pictures = np.random.default_rng(0).integers(0, 256, (40, 28, 28), np.uint8)
    np.savez(folder / "small.npz", **dict(zip(names, [pictures, labels] * 2, strict=True)))
    return folder / "small.npz"


def test_each_seed_deals_the_digits_to_the_tasks_as_the_authors_code_does(tmp_path):
    setting, protocol = Setting(_small(tmp_path)), PROTOCOLS["split-mnist"]
    orders = [np.ravel(protocol.stream("domain", setting, seed).parameters["classes"]).tolist() for seed in (0, 1, 2)]
    assert orders[0] == list(range(10))
    assert [sorted(order) for order in orders] == [orders[0]] * 3
    assert orders[1] == [4, 6, 0, 5, 3, 9, 2, 7, 8, 1]  # after np.random.seed(1), digit d has place permutation(10)[d]
    assert orders[2] != orders[1]


def test_a_grid_has_each_strength_beside_the_published_figure_over_the_streams_of_all_seeds(tmp_path, capsys):
    short = ["--seeds", "2", "--steps", "2", "--scenario", "class", "--strategies", "si", "--grid", "--no-progress"]
    assert main(["split-mnist", "--data", str(_small(tmp_path)), *short]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])["figures"]
    strengths = PROTOCOLS["split-mnist"].tuned["si"]
    assert [figure["figure"] for figure in figures] == [f"class: si {strength:g}" for strength in strengths]
    for figure in figures:
        assert (figure["n"], figure["published"]) == (2, 19.99)
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert "met" not in figure  # what hangs on a strength is not held to 3 points
    stored = traces.query(
        "SELECT child.dataset_version AS version, CAST(child.parameters->>'strength' AS DOUBLE) AS strength"
        " FROM runs AS child JOIN runs AS parent ON child.parent_run_id = parent.run_id"
        " WHERE parent.name = 'split-mnist-class'"
    )
    assert (stored["version"].n_unique(), len(stored)) == (2, 2 * len(strengths))
    assert set(stored["strength"]) == set(strengths)


def test_one_point_of_a_grid_is_run_by_its_name(tmp_path, capsys):
    short = ["--seeds", "1", "--steps", "2", "--scenario", "class", "--grid", "--no-progress"]
    data = ["split-mnist", "--data", str(_small(tmp_path))]
    assert main([*data, *short, "--strategies", "si 10"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])["figures"]
    assert [figure["figure"] for figure in figures] == ["class: si 10"]
    assert main([*data, *short, "--strategies", "si 11"]) == 2
    assert "there are none, ewc, si" in capsys.readouterr().err


def test_the_protocols_of_mnist_have_the_published_shapes(tmp_path):
    assert {name for name, protocol in PROTOCOLS.items() if protocol.needs_data} == {"split-mnist", "permuted-mnist"}
    setting = Setting(_small(tmp_path), 20, None)
    permuted, split = PROTOCOLS["permuted-mnist"], PROTOCOLS["split-mnist"]
    stream, recipe = permuted.stream("task", setting), permuted.recipe("task", setting)
    assert (stream.tasks, stream.classes, stream.features) == (10, 100, (32, 32))
    assert (stream.train.counts.tolist(), stream.test.counts.tolist()) == ([20] * 10, [20] * 10)
    assert (recipe.steps, recipe.batch_size, recipe.learning_rate) == (5000, 128, 1e-4)
    stream, recipe = split.stream("domain", setting), split.recipe("domain", setting)
    assert (stream.tasks, stream.classes) == (5, 2)
    assert (recipe.steps, recipe.batch_size, recipe.learning_rate) == (2000, 128, 1e-3)
    for protocol in (permuted, split):  # the authors' loss opens the outputs of classes seen so far
        outputs = [protocol.recipe(scenario, setting).outputs for scenario in protocol.scenarios]
        assert dict(zip(protocol.scenarios, outputs, strict=True)) == {"task": "all", "domain": "all", "class": "seen"}
