"""What methods do is measured in pairs, and what a cascade sends on is chosen where the larger model is needed."""

import json
import math
from dataclasses import replace

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.models.pocket.__main__ import main
from workbench.models.pocket.card import Figure, Other, effect_table, family_table, report, table
from workbench.models.pocket.cascade import Asked, least_sure
from workbench.models.pocket.effect import change, paired, unknown
from workbench.models.pocket.effects import backwards, votes
from workbench.models.pocket.model import WEIGHTS, PocketModel
from workbench.networks import Checkpoint, Transformer


def asked(right, sure=None):
    return Asked(np.array(right, bool), np.ones(len(right)), np.zeros(len(right)) if sure is None else np.array(sure))


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(-4, 0)), min_size=1, max_size=30),
    st.sampled_from([0.0, 0.25]),
)
def test_a_cascade_is_as_often_right_as_was_asked_for_and_no_cheaper_one_is(problems, lost):
    small, large, sure = (np.array(column) for column in zip(*problems, strict=True))
    threshold = least_sure(asked(small, sure), asked(large), lost)
    enough = large.sum() - lost * len(problems)

    def right(going):
        return np.where(sure < going, large, small).sum()

    assert right(threshold) >= enough
    assert all(right(lower) < enough for lower in np.unique(sure) if lower < threshold)


def test_a_smaller_model_that_is_never_worse_sends_nothing_on():
    threshold = least_sure(asked([True, True], [-1.0, -2.0]), asked([False, True]))
    assert not (np.array([-1.0, -2.0]) < threshold).any()


def test_more_right_answers_and_fewer_calls_are_shown_and_their_opposites_are_the_reverse():
    worse, better = [True] * 10 + [False] * 40, [True] * 40 + [False] * 10
    assert paired("x", "", worse, better).shown
    assert paired("x", "", better, worse).reversed
    assert not paired("x", "", worse, better).reversed
    more, fewer = [4.0, 4.0, 5.0], [2.0, 2.0, 2.0]
    assert change("x", "", more, fewer, "calls").shown
    assert change("x", "", fewer, more, "calls").reversed
    single = change("x", "", [1.0], [2.0], "seconds")
    assert math.isnan(single.low)
    for neither in (single, unknown("x", "", "no tool")):
        assert not neither.shown
        assert not neither.reversed
    text = effect_table([paired("x", "", better, worse), change("y", "", more, fewer, "calls")])
    assert ["the reverse" in line for line in text.splitlines()[2:]] == [True, False]


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The folder of a model of one narrow layer."""
    folder = tmp_path_factory.mktemp("narrow")
    shipped = PocketModel.load()
    shape = replace(shipped.network.config, width=32, layers=1, heads=1, kv_heads=1, hidden=8)
    Checkpoint(Transformer.init(shape, jax.random.key(0)), shipped.template).save(folder)
    run = {"command": "train it", "tokens": 1200, "seconds": 60}
    (folder / "training.json").write_text(json.dumps(run), encoding="utf-8")
    return folder


def test_another_size_stands_in_columns_of_its_own(other):
    figures = [Figure("addition", 3, 4), Figure("plan/1/held_out", 1, 4)]
    beside = Other(PocketModel.load(other, "pocket:tiny"), other, (Figure("addition", 2, 4),))
    tasks, levels = table(figures[:1], [beside]).splitlines(), family_table(figures[1:], [beside]).splitlines()
    assert "| pocket:tiny |" in tasks[0]
    assert "| 0.500 (0.150 to 0.850) |" in tasks[2]
    assert levels[2].endswith("| 4 | – |")
    assert len({line.count("|") for line in (*tasks, *levels)}) == 1
    assert "train it" in beside.told
    names = [figure["figure"] for figure in report(figures, 1.0, [beside])["figures"]]
    assert names == ["addition", "plan/1/held_out", "pocket:tiny/addition"]


def test_the_command_measures_the_effects_of_size_between_two_models(other, capsys):
    main(["--evaluate", "--limit", "4", "--effects", "cascade", "--beside", str(other), "--json"])
    out, err = capsys.readouterr()
    found = {figure["figure"]: figure for figure in json.loads(out)["figures"]}
    assert list(found) == ["larger_over_smaller", "cascade_over_smaller", "cascade_over_larger", "cascade_cost"]
    assert all(figure["n"] == 4 for figure in found.values())
    assert found["cascade_over_larger"]["before"] == found["larger_over_smaller"]["after"]
    assert "1/1 effect cascade" in err


@given(st.integers(0, 9999), st.integers(0, 9999))
def test_a_sum_leads_back_to_its_first_number(a, b):
    assert backwards(f"Add {a} to {b}.", str(a + b)) == (f"What is {a + b} - {b}?", str(a))
    assert backwards(f"{a}+{b}", "") == backwards(f"{a}+{b}", "i am a pocket model") == ("", str(a))


def test_every_effect_of_votes_is_of_all_problems():
    effects = votes(PocketModel.load(), 2)
    names = ["majority_of_16_over_one", "verified_over_majority", "judged_over_majority"]
    assert [effect.name for effect in effects] == names
    assert all(effect.n == 2 for effect in effects)
    assert effects[1].before == effects[2].before == effects[0].after


def test_without_another_size_the_effects_of_size_are_unknown(capsys):
    main(["--evaluate", "--effects", "cascade", "--weights", str(WEIGHTS), "--json"])
    (figure,) = json.loads(capsys.readouterr().out)["figures"]
    assert figure["value"] is None
    assert "no other size" in figure["why"]
