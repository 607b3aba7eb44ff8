"""Laws of self-consistency."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.messages import user
from workbench.methods import self_consistency
from workbench.models.scripted import ScriptedModel


async def test_the_answer_is_what_most_samples_reach():
    model = ScriptedModel("20 + 22 = 42. A: 42", "A: 41", "The answer is 42.", "no idea", "")
    answer = await self_consistency("What is 20 + 22?", model, n=5)
    assert answer.text == "42"
    assert answer.evidence == {"n": 5, "votes": {"42": 2, "41": 1, "no idea": 1}, "tied": [], "abstained": 1}
    assert answer.messages[0].text == "20 + 22 = 42. A: 42"


async def test_with_one_sample_it_is_the_sample():
    assert (await self_consistency("?", ScriptedModel("It is blue"), n=1)).text == "It is blue"


async def test_samples_are_drawn_at_the_temperature_and_with_seeds_of_their_own():
    model = ScriptedModel(lambda request: "1")
    await self_consistency("?", model, n=6, temperature=0.5)
    assert {request.settings.temperature for request in model.requests} == {0.5}
    assert len({request.settings.seed for request in model.requests}) == 6
    assert {request.messages for request in model.requests} == {(user("?"),)}


async def test_a_tie_is_stated():
    answer = await self_consistency("?", ScriptedModel("A: 7", "A: 5"), n=2)
    assert answer.evidence["tied"] == ["5", "7"]
    assert answer.text == "5"


async def test_without_any_answer_it_gives_none():
    answer = await self_consistency("?", ScriptedModel("", " "), n=2)
    assert answer.kind == "no_answer"


async def test_a_reader_of_ones_own_decides_what_counts():
    model = ScriptedModel("(A) because", "(B) but", "(A) so")
    answer = await self_consistency("?", model, n=3, read=lambda text: text[1:2])
    assert answer.evidence["votes"] == {"A": 2, "B": 1}


@settings(max_examples=5)
@given(st.integers(0, 100))
def test_where_one_sample_is_right_more_often_than_wrong_voting_is_right_more_often_still(seed):
    """Condorcet's theorem, on the counting that the method does: p = .6 a sample, .97 or so for 41 of them."""
    from workbench.methods.primitives import vote

    chance = random.Random(seed)
    draws = [["right" if chance.random() < 0.6 else "wrong" for _ in range(41)] for _ in range(300)]
    single = sum(draw[0] == "right" for draw in draws)
    voted = sum(vote(draw).winner == "right" for draw in draws)
    assert voted > single
