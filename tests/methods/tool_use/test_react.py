"""Laws of ReAct."""

import pytest

from workbench.errors import CapabilityError, MethodError
from workbench.messages import Text, ToolCall, assistant, system
from workbench.methods import react
from workbench.methods.tool_use.react import THINK_ALOUD
from workbench.models.model import Capabilities
from workbench.models.scripted import ScriptedModel
from workbench.tools import tool


@tool
def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


ACT = (Text("I need the sum."), ToolCall("c1", "add", {"a": 2, "b": 3}))


async def test_it_thinks_acts_looks_and_answers():
    model = ScriptedModel(ACT, "It is 5.")
    answer = await react("What is 2 + 3?", model, [add])
    assert answer.text == "It is 5."
    assert answer.evidence == {"actions": [{"tool": "add", "arguments": {"a": 2, "b": 3}, "failed": False}]}
    assert [message.role for message in answer.messages] == ["assistant", "tool", "assistant"]
    assert answer.messages[0].text == "I need the sum."
    assert answer.messages[-1] == assistant("It is 5.")


async def test_when_the_steps_run_out_it_gives_no_answer_and_its_whole_trajectory():
    model = ScriptedModel(*[ACT] * 3)
    answer = await react("What is 2 + 3?", model, [add], max_steps=3)
    assert answer.kind == "no_answer"
    assert len(model.requests) == 3
    assert [message.role for message in answer.messages] == ["assistant", "tool"] * 3


async def test_a_mistaken_call_is_seen_and_can_be_mended():
    wrong = ToolCall("c0", "sum", {"a": 2, "b": 3})
    answer = await react("What is 2 + 3?", ScriptedModel(wrong, ACT, "5"), [add])
    assert [action["failed"] for action in answer.evidence["actions"]] == [True, False]
    assert answer.text == "5"


async def test_the_instruction_comes_first():
    model = ScriptedModel("5")
    await react("?", model, [add], instruction=THINK_ALOUD)
    assert model.requests[0].messages[0] == system(THINK_ALOUD)


async def test_it_needs_tools_and_a_model_that_can_call_them():
    with pytest.raises(MethodError, match="no tools"):
        await react("?", ScriptedModel("5"))
    deaf = ScriptedModel("5", name="deaf", capabilities=Capabilities())
    with pytest.raises(CapabilityError, match=r"react needs a model with tools; 'deaf'[\s\S]*pocket"):
        await react("?", deaf, [add])
    assert not deaf.requests
