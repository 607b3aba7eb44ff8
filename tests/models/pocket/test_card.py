import json
import re

import pytest

from workbench.models.pocket import PocketModel
from workbench.models.pocket.__main__ import main
from workbench.models.pocket.card import AIMS, Figure, card, evaluate
from workbench.models.pocket.model import WEIGHTS
from workbench.training.curriculum import TASKS
from workbench.training.shipped import DEFAULT, shipped_sizes, weights_folder


def test_a_figure_carries_its_wilson_interval_and_whether_the_aim_is_met():
    body = Figure("addition", 990, 1000).json()
    assert (body["value"], body["n"], body["aim"], body["met"]) == (0.99, 1000, 0.99, True)
    # Wilson's formula by hand: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    assert body["low"] == pytest.approx(0.98168, abs=2e-5)
    assert body["high"] == pytest.approx(0.99456, abs=2e-5)
    assert "aim" not in Figure("hard_sum", 1, 2).json()


def test_the_command_prints_one_json_object_as_its_last_line(capsys):
    main(["--evaluate", "--limit", "8", "--tasks", "addition,tool_call"])
    *table, last = capsys.readouterr().out.splitlines()
    body = json.loads(last)
    names = ["", *(f"pocket:{size}/" for size in shipped_sizes() if size != DEFAULT)]
    assert [figure["figure"] for figure in body["figures"]] == [a + b for a in names for b in ("addition", "tool_call")]
    assert all(figure["n"] == 8 for figure in body["figures"])
    assert table[0].startswith("| task")


@pytest.mark.parametrize("wrong", [["--evaluate", "--tasks", "multiply"], ["--evaluate", "--limit", "0"]])
def test_wrong_arguments_are_named(wrong, capsys):
    with pytest.raises(SystemExit):
        main(wrong)
    assert "allowed" in capsys.readouterr().err


def test_the_shipped_card_states_every_task_of_these_weights():
    text = (WEIGHTS.parent / "CARD.md").read_text(encoding="utf-8")
    model = PocketModel.load()
    assert all(f"| {task}" in text for task in TASKS)
    assert shipped_sizes() == ("300k", "1m")
    assert (WEIGHTS / "model.safetensors").stat().st_size <= 8_000_000
    assert sum(each.stat().st_size for each in WEIGHTS.parent.glob("weights*/*")) <= 25_000_000
    assert all(PocketModel.load(weights_folder(size)).version in text for size in shipped_sizes())
    fresh = card(model, [Figure(task, 1, 2) for task in TASKS], WEIGHTS)
    assert all(f"(aim {aim})" in fresh for aim in AIMS.values())


def test_the_shipped_weights_are_as_good_as_their_card_says():
    model = PocketModel.load()
    text = (WEIGHTS.parent / "CARD.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| (\w+)(?: \(aim [\d.]+\))? \| ([\d.]+) \|", text, flags=re.MULTILINE))
    for figure in evaluate(model, 200, ("addition", "subtraction", "tool_call", "tool_answer", "out_of_depth")):
        assert figure.interval[0] <= float(stated[figure.task]) <= figure.interval[1], figure


def test_the_shipped_weights_reach_the_aim_for_sums():
    model = PocketModel.load()
    for figure in evaluate(model, 400, ("addition", "subtraction")):
        assert figure.accuracy >= AIMS[figure.task], figure
