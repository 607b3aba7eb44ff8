"""Laws of sampling."""

import asyncio

import pytest

from workbench.errors import MethodError, ModelError
from workbench.maps import LocalMap
from workbench.messages import Text, user
from workbench.methods.primitives import draw_seed, sample
from workbench.models.model import Request, Settings
from workbench.models.scripted import ScriptedModel

REQUEST = Request((user("Say a number."),), settings=Settings(temperature=0.7, seed=99))


async def by_seed(request):
    await asyncio.sleep((request.settings.seed % 7) / 1000)  # so that replies come in another order
    return f"seed {request.settings.seed}"


async def test_every_draw_has_its_own_seed_and_replies_keep_the_order_of_their_index():
    model = ScriptedModel(by_seed)
    replies = await sample(model, REQUEST, 12, seed=3)
    assert [reply.message.text for reply in replies] == [f"seed {draw_seed(3, index)}" for index in range(12)]
    assert len({reply.message.text for reply in replies}) == 12
    assert {request.settings.temperature for request in model.requests} == {0.7}


async def test_the_first_k_of_n_samples_are_those_that_k_would_have_been():
    many = await sample(ScriptedModel(by_seed), REQUEST, 9, seed=1)
    few = await sample(ScriptedModel(by_seed), REQUEST, 4, seed=1)
    assert [reply.message for reply in many[:4]] == [reply.message for reply in few]


async def test_another_seed_draws_other_samples():
    first, second = [await sample(ScriptedModel(by_seed), REQUEST, 5, seed=seed) for seed in (1, 2)]
    assert not {reply.message for reply in first} & {reply.message for reply in second}


async def test_samples_run_at_the_same_time_and_within_the_bound():
    running, most = 0, 0

    async def counted(request):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1
        return (Text("x"),)

    await sample(ScriptedModel(counted), REQUEST, 10, concurrently=LocalMap(3))
    assert most == 3


async def test_one_failed_call_fails_the_whole():
    with pytest.raises(ModelError):
        await sample(ScriptedModel("a", ModelError("busy"), "c"), REQUEST, 3)


async def test_no_samples_is_an_error():
    with pytest.raises(MethodError, match="n=0"):
        await sample(ScriptedModel(), REQUEST, 0)
