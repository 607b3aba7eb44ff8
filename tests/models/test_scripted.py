import asyncio
import threading
import time
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.messages import Message, Reasoning, Text, ToolCall, Usage, assistant, system, user
from workbench.models import CallError, Cut, Delta, Reply, Request, ScriptedModel
from workbench.models.scripted import count_tokens

ASK = Request((system("be brief"), user("2 + 2?")))


async def pieces(model, request=ASK):
    return [event async for event in model.stream(request)]


async def test_turns_come_in_order_in_every_form():
    whole = Reply(assistant("as is"), Usage(1, 2), "length", "other")
    model = ScriptedModel(
        "one", ToolCall("c1", "add", {"a": 1}), assistant("three"), [Reasoning("hm"), Text("four")], whole
    )
    replies = [await model.reply(ASK) for _ in range(5)]
    assert [reply.message.text for reply in replies] == ["one", "", "three", "four", "as is"]
    assert [reply.finish_reason for reply in replies] == ["stop", "tool_call", "stop", "stop", "length"]
    assert replies[3].usage.reasoning_tokens == 1
    assert replies[4] is whole
    assert model.requests == (ASK,) * 5


async def test_a_script_at_its_end_says_so():
    model = ScriptedModel("one")
    await model.reply(ASK)
    with pytest.raises(ModelError, match="asked 2 times; its script has 1 turns") as caught:
        await model.reply(ASK)
    assert caught.value.kind == "response"


async def test_exceptions_are_raised_and_a_cut_comes_after_its_words():
    broken = CallError("broken", kind="connection")
    model = ScriptedModel(broken, Cut("so far", broken), Cut("so far", broken))
    for _ in range(2):
        with pytest.raises(CallError, match="broken"):
            await model.reply(ASK)
    events = model.stream(ASK)
    assert [(await anext(events)).text, (await anext(events)).text] == ["so", " far"]
    with pytest.raises(CallError, match="broken"):
        await anext(events)


async def test_a_function_of_the_request_answers_for_ever_sync_or_async():
    async def slowly(request):
        await asyncio.sleep(0)
        return str(len(request.messages))

    for model in (ScriptedModel(lambda request: str(len(request.messages))), ScriptedModel(slowly)):
        assert [(await model.reply(ASK)).message.text for _ in range(3)] == ["2", "2", "2"]


@given(text=st.text(st.characters(codec="utf-8"), max_size=60), thought=st.text("ab \n", max_size=20))
def test_the_pieces_of_a_stream_are_the_reply(text, thought):
    turn = [Reasoning(thought), Text(text)]
    *deltas, reply = asyncio.run(pieces(ScriptedModel(turn)))
    assert all(isinstance(delta, Delta) for delta in deltas)
    assert "".join(delta.text for delta in deltas) == text
    assert "".join(delta.reasoning for delta in deltas) == thought
    assert reply == asyncio.run(ScriptedModel(turn).reply(ASK))
    assert reply.message == Message("assistant", tuple(turn))


async def test_tokens_are_counted_alike_every_time():
    assert count_tokens("Two and two, is 4.") == 7
    reply = await ScriptedModel("four apples.").reply(ASK)
    assert reply.usage == Usage(6, 3, cache_read_tokens=0, cache_write_tokens=0, reasoning_tokens=0)


async def test_delays_are_kept_and_a_closed_stream_stops():
    model = ScriptedModel("a b c d", delay_seconds=0.02)
    started = time.perf_counter()
    async with aclosing(model.stream(ASK)) as events:
        async for _ in events:
            break
    assert 0.02 <= time.perf_counter() - started < 0.5


def test_threads_take_each_turn_once():
    model = ScriptedModel(*(str(index) for index in range(200)))
    said = []

    def work():
        said.extend(asyncio.run(model.reply(ASK)).message.text for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said, key=int) == [str(index) for index in range(200)]


async def test_a_turn_of_another_kind_is_refused():
    with pytest.raises(ModelError, match="the turn 5"):
        await ScriptedModel(5).reply(ASK)
