"""Laws of the tool loop."""

import asyncio

import pytest

from workbench.errors import MethodError
from workbench.messages import Text, ToolCall, user
from workbench.methods.primitives import tool_loop
from workbench.models.scripted import ScriptedModel
from workbench.tools import tool

QUESTION = (user("What is 2 + 3?"),)


@tool
def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


@tool
def fail() -> str:
    """Fails."""
    raise ValueError("no")


def calling(*names, **arguments):
    return tuple(ToolCall(f"c{index}", name, arguments) for index, name in enumerate(names))


async def steps_of(model, tools, **options):
    return [step async for step in tool_loop(model, QUESTION, tools, **options)]


async def test_a_reply_without_calls_ends_the_loop():
    model = ScriptedModel("5")
    steps = await steps_of(model, [add])
    assert [step.final for step in steps] == [True]
    assert model.requests[0].messages == QUESTION
    assert [definition.name for definition in model.requests[0].tools] == ["add"]


async def test_each_request_is_the_last_one_with_the_reply_and_its_results_appended():
    model = ScriptedModel(calling("add", a=2, b=3), "5")
    first, last = await steps_of(model, [add])
    assert model.requests[1].messages == (*QUESTION, *first.messages)
    assert first.results[0].response == 5
    assert (first.final, last.final) == (False, True)


async def test_every_call_has_its_result_even_in_the_last_allowed_step():
    model = ScriptedModel(*[calling("add", "add", a=1, b=1)] * 3)
    steps = await steps_of(model, [add], max_steps=3)
    assert [step.final for step in steps] == [False] * 3
    assert len(model.requests) == 3
    for step in steps:
        assert [call.id for call in step.reply.message.tool_calls] == [result.id for result in step.results]


async def test_a_failed_or_unknown_tool_is_a_result_that_the_model_reads():
    model = ScriptedModel(calling("fail"), calling("subtract"), "sorry")
    failed, unknown, _ = await steps_of(model, [fail, add])
    assert failed.results[0].is_error
    assert unknown.results[0].is_error
    assert "no" in failed.results[0].response


@pytest.mark.parametrize(("side_effects", "most"), [(False, 3), (True, 1)])
async def test_calls_run_at_the_same_time_unless_one_has_side_effects(side_effects, most):
    from dataclasses import replace

    running, seen = 0, 0

    @tool
    async def wait() -> str:
        """Waits."""
        nonlocal running, seen
        running += 1
        seen = max(seen, running)
        await asyncio.sleep(0.01)
        running -= 1
        return "done"

    await steps_of(ScriptedModel(calling("wait", "wait", "wait"), "ok"), [replace(wait, side_effects=side_effects)])
    assert seen == most


async def test_leaving_early_asks_no_more():
    model = ScriptedModel((Text("thinking"), *calling("add", a=1, b=2)), "3")
    async for step in tool_loop(model, QUESTION, [add]):
        assert step.reply.message.text == "thinking"
        break
    assert len(model.requests) == 1


async def test_no_steps_is_an_error():
    with pytest.raises(MethodError, match="max_steps=0"):
        await steps_of(ScriptedModel(), [add], max_steps=0)
