"""Limits: never more calls at once than there are places, and places that follow what the provider says."""

import asyncio
import os
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import OptionError
from workbench.models.limits import Limit, limit_of, set_limit


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


async def test_there_are_never_more_than_the_places_and_all_get_one():
    limit, inside, most = Limit(3), 0, 0

    async def call():
        nonlocal inside, most
        async with limit.place():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(call() for _ in range(50)))
    assert (most, limit.taken) == (3, 0)


def test_places_are_shared_by_threads_and_loops():
    limit, lock, seen = Limit(2), threading.Lock(), [0, 0]

    async def call():
        async with limit.place():
            with lock:
                seen[0] += 1
                seen[1] = max(seen)
            await asyncio.sleep(0.002)
            with lock:
                seen[0] -= 1

    async def several():
        await asyncio.gather(*(call() for _ in range(10)))

    threads = [threading.Thread(target=lambda: asyncio.run(several())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert seen == [0, 2]
    assert limit.taken == 0


async def test_who_came_first_is_served_first():
    limit, order = Limit(1), []

    async def call(index):
        async with limit.place():
            order.append(index)

    async with limit.place():
        tasks = [asyncio.create_task(call(index)) for index in range(10)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order == list(range(10))


async def test_one_who_goes_while_waiting_takes_no_place():
    limit = Limit(1)
    await limit.take()
    tasks = [asyncio.create_task(limit.take()) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    limit.give_back()  # the place is promised to the second one,
    tasks[1].cancel()  # who goes before he hears of it
    await asyncio.wait_for(tasks[2], 2)
    assert limit.taken == 1
    limit.give_back()
    assert limit.taken == 0


async def test_a_refusal_halves_the_places_once_for_all_that_were_under_way():
    limit = Limit(16)
    numbers = [await limit.take() for _ in range(16)]
    for number in numbers:
        limit.refused(number, None)
    assert limit.places == 8
    for _ in numbers:
        limit.give_back()
    limit.refused(await limit.take(), None)
    assert limit.places == 4


@given(st.integers(1, 100), st.lists(st.booleans(), max_size=200))
def test_places_stay_between_one_and_the_most(most, answers):
    limit = Limit(most)
    for is_answered in answers:
        before = limit.places
        if is_answered:
            limit.answered()
            assert before <= limit.places <= min(before + 1, most)
        else:
            limit.refused(limit.took(), None)
            assert max(1, before // 2) <= limit.places <= max(1, (before + 1) / 2)
    assert 1 <= limit.places <= most


@given(st.integers(2, 64))
def test_as_many_answers_as_places_bring_about_one_more(most):
    limit = Limit(most)
    limit.refused(limit.took(), None)
    before = limit.places
    for _ in range(before + 1):
        limit.answered()
    assert limit.places == min(before + 1, most)


async def test_retry_after_pauses_everybody():
    limit, started = Limit(8), time.monotonic()
    limit.refused(limit.took(), 0.2)

    async def call():
        async with limit.place():
            return time.monotonic() - started

    waited = await asyncio.gather(*(call() for _ in range(20)))
    assert min(waited) >= 0.2
    assert max(waited) < 2


async def test_a_pause_beyond_patience_is_nobodys():
    clock = Clock()
    limit = Limit(8, patience_seconds=10, clock=clock)
    limit.refused(limit.took(), 3600)
    await asyncio.wait_for(limit.take(), 1)


async def test_more_places_let_in_those_who_wait():
    limit = Limit(1)
    await limit.take()
    waiting = asyncio.create_task(limit.take())
    await asyncio.sleep(0)
    limit.resize(2)
    await asyncio.wait_for(waiting, 1)
    assert limit.taken == 2


def test_a_provider_has_one_limit_at_each_address():
    assert limit_of("openai", "http://a") is limit_of("openai", "http://a")
    assert limit_of("openai", "http://a") is not limit_of("openai", "http://b")
    set_limit("openai-chat", 3)
    assert limit_of("openai-chat", "http://later").places == 3
    set_limit("openai-chat", 64)
    assert limit_of("openai-chat", "http://later").places == 64
    with pytest.raises(OptionError):
        set_limit("openai", 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_places_of_its_own():
    program = (
        "import asyncio, os, sys\n"
        "from workbench.models.limits import limit_of, set_limit\n"
        "set_limit('openai', 1)\n"
        "asyncio.run(limit_of('openai').take())\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    asyncio.run(asyncio.wait_for(limit_of('openai').take(), 2))\n"
        "    os._exit(7)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 7
