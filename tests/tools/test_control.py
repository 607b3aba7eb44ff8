"""What surrounds a call: approval, rehearsal, time, cost, long results, and taking back."""

import asyncio
import json
import threading
import time

import pytest

from workbench import traces
from workbench.errors import ToolError
from workbench.messages import ToolCall
from workbench.tools import (
    Effects,
    allow,
    ask_before_effects,
    call,
    call_all,
    deny_effects,
    result_reader,
    tool,
)

SHELF = []


@pytest.fixture(autouse=True)
def empty_shelf():
    SHELF.clear()


@tool(dry_run=lambda book: f"would put {book}", undo=lambda result, book: SHELF.remove(book))
def put(book: str) -> int:
    SHELF.append(book)
    return len(SHELF)


@tool
def look() -> list:
    return SHELF


def ask(called="put", /, **arguments):
    return ToolCall("c1", called, arguments)


def spans(columns):
    return traces.query(f"SELECT {columns} FROM spans ORDER BY started_at").rows()


def test_what_can_be_rehearsed_or_undone_has_side_effects():
    assert put.side_effects
    assert not look.side_effects
    for option in ({"timeout_seconds": -1}, {"cost_usd": float("nan")}):
        with pytest.raises(ToolError, match=next(iter(option))):
            tool(lambda: 1, name="f", **option)


@pytest.mark.parametrize(
    ("policy", "done"),
    [
        (None, True),
        (allow, True),
        (deny_effects, False),
        (ask_before_effects(lambda proposal: proposal.preview == "would put Emma"), True),
        (ask_before_effects(lambda proposal: "not today"), False),
        (lambda proposal: False, False),
    ],
)
async def test_a_call_is_made_exactly_when_it_is_approved(policy, done):
    result = await call(ask(book="Emma"), [put], approve=policy)
    assert (SHELF == ["Emma"]) is done
    assert result.is_error is not done
    if not done:
        assert "was refused" in result.response
        assert "Nothing was done" in result.response
        assert spans("status, error_type") == [("error", "RefusalError")]


async def test_an_async_policy_sees_checked_arguments_and_a_strange_decision_refuses():
    seen = []

    async def policy(proposal):
        seen.append((proposal.tool.name, dict(proposal.arguments), proposal.preview))

    result = await call(ask(book="Emma"), [put], approve=policy)
    assert seen == [("put", {"book": "Emma"}, "would put Emma")]
    assert result.is_error
    assert SHELF == []
    assert (await call(ask(), [put], approve=policy)).is_error  # arguments that do not fit are not asked about
    assert len(seen) == 1


async def test_reading_needs_no_approval_where_effects_are_denied():
    assert (await call(ask("look"), [look], approve=deny_effects)).response == []


async def test_a_rehearsal_changes_nothing():
    @tool(side_effects=True)
    def burn() -> None:
        SHELF.clear()

    SHELF.append("Emma")
    results = await call_all([ask(book="Persuasion"), ask("burn"), ask("look")], [put, burn, look], rehearse=True)
    assert [result.response for result in results[::2]] == ["would put Persuasion", ["Emma"]]
    assert "no dry run" in results[1].response


async def test_effects_are_undone_in_reverse_order_and_what_cannot_be_stays():
    undone = []

    @tool(undo=lambda result, name: undone.append((name, result)))
    def make(name: str) -> str:
        return name.upper()

    async def fails(result, name):
        raise ValueError("it is gone")

    @tool(undo=fails)
    def lose(name: str) -> None: ...

    @tool(side_effects=True)
    def shout(name: str) -> None: ...

    tools = [make, lose, shout, look]
    calls = [ask(name, name=str(n)) for n, name in enumerate(("make", "lose", "shout", "make"))]
    effects = Effects()
    await call_all([*calls, ask("look")], tools, effects=effects)
    assert [effect.tool.name for effect in effects] == ["make", "lose", "shout", "make"]
    tried = await effects.undo()
    assert undone == [("3", "3"), ("0", "0")]
    assert [each.problem for each in tried] == [None, "The tool 'shout' has no undo.", "ValueError: it is gone", None]
    assert [effect.tool.name for effect in effects] == ["lose", "shout"]
    read = traces.query("SELECT count(*) FROM links JOIN spans USING (span_id) WHERE name LIKE 'undo %'").item()
    assert read == 3


async def test_only_the_last_effects_are_undone_where_a_count_is_given():
    effects = Effects()
    for book in ("Emma", "Persuasion", "Sanditon"):
        await call(ask(book=book), [put], effects=effects)
    await effects.undo(2)
    assert SHELF == ["Emma"]
    assert len(effects) == 1
    assert await effects.undo(0) == ()


async def test_a_failed_or_refused_call_has_no_effect_to_undo():
    effects = Effects()
    await call(ask(book="Emma"), [put], effects=effects, approve=deny_effects)
    await call(ask(wrong=1), [put], effects=effects)
    assert len(effects) == 0


async def test_an_async_tool_is_really_ended_at_its_timeout():
    seen = []

    @tool(timeout_seconds=0.05)
    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("ended")

    result = await asyncio.wait_for(call(ask("wait"), [wait]), 5)
    assert result.response == "The call took longer than 0.05 s and was ended."
    assert seen == ["ended"]
    assert spans("status, error_type") == [("error", "OverdueError")]


async def test_an_async_tool_that_does_not_stop_is_told_of():
    release = asyncio.Event()

    @tool(timeout_seconds=0.01)
    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    result = await asyncio.wait_for(call(ask("stubborn"), [stubborn]), 5)
    assert "does not stop" in result.response
    release.set()
    await asyncio.sleep(0)


async def test_a_sync_tool_that_takes_too_long_is_told_to_go_on():
    release = threading.Event()

    @tool(timeout_seconds=0.05)
    def wait() -> None:
        release.wait(30)

    result = await asyncio.wait_for(call(ask("wait"), [wait]), 5)
    release.set()
    assert "thread cannot be ended" in result.response


async def test_a_tool_within_its_time_answers_and_an_interrupt_goes_on():
    @tool(timeout_seconds=30)
    async def wait(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    assert (await call(ask("wait", seconds=0), [wait])).response == "done"
    task = asyncio.create_task(call(ask("wait", seconds=20), [wait]))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_fifty_sync_calls_of_one_turn_run_at_once():
    meeting = threading.Barrier(50)

    @tool
    def meet(number: int) -> int:
        meeting.wait(timeout=20)
        return number

    results = await call_all([ToolCall(str(n), "meet", {"number": n}) for n in range(50)], [meet])
    assert [result.response for result in results] == list(range(50))


async def test_calls_run_one_by_one_where_one_has_side_effects():
    begun = time.monotonic()

    @tool(side_effects=True)
    async def write(name: str) -> None:
        SHELF.append(f"{name} begins")
        await asyncio.sleep(0.01)
        SHELF.append(f"{name} ends")

    await call_all([ask("write", name=name) for name in "ab"], [write])
    assert SHELF == ["a begins", "a ends", "b begins", "b ends"]
    assert time.monotonic() - begun < 5


async def test_a_declared_cost_is_on_the_span_of_a_call_that_was_made():
    @tool(cost_usd=0.005)
    def search(query: str) -> str:
        raise OSError("no answer")

    await call(ask("search", query="x"), [search])
    await call(ask("search"), [search])
    await call(ask("search", query="x"), [search], approve=lambda proposal: False)
    assert spans("cost_usd") == [(0.005,), (None,), (None,)]


@pytest.mark.parametrize(
    "value", ["abc\N{SNOWMAN}\n" * 5000, [{"number": n, "word": "\N{SNOWMAN}"} for n in range(2000)]]
)
async def test_a_long_result_is_given_in_part_and_can_be_read_to_its_end(value):
    @tool
    def long() -> object:
        return value

    reader = result_reader()
    whole = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert (await call(ask("long"), [long])).response == value  # no reader, no cut
    told = (await call(ask("long"), [long, reader], shown_characters=100)).response
    assert told.startswith(whole[:100])
    assert len(told) < 300
    handle = told.partition('handle="')[2].partition('"')[0]
    text, start = whole[:100], 100
    while start < len(whole):
        part = (await call(ask("read_result", handle=handle, start=start, length=7000), [reader])).response
        piece = part.rpartition("\n[characters ")[0] if "\n[characters " in part else part
        text, start = text + piece, start + len(piece)
    assert text == whole


async def test_a_handle_or_start_that_is_not_there_is_told():
    reader = result_reader()
    assert "no result" in (await call(ask("read_result", handle="00"), [reader])).response
    short = await call(ask("look"), [look, reader])
    assert short.response == []
    handle = spans("span_id")[-1][0]
    assert "outside" in (await call(ask("read_result", handle=handle, start=99), [reader])).response
