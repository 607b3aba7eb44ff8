"""Laws of the local map."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import OptionError
from workbench.maps import LocalMap


async def collect(map_, program, cases):
    return [outcome async for outcome in map_(program, cases)]


@given(st.lists(st.integers(), max_size=30), st.integers(1, 8))
def test_every_case_has_exactly_one_outcome(cases, concurrency):
    async def double(case):
        await asyncio.sleep(0)
        return 2 * case

    outcomes = asyncio.run(collect(LocalMap(concurrency), double, cases))
    assert {outcome.index: outcome.result() for outcome in outcomes} == {i: 2 * case for i, case in enumerate(cases)}


async def test_no_more_than_concurrency_run_at_once():
    running = most = 0

    async def program(case):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1

    await collect(LocalMap(3), program, range(20))
    assert most == 3


async def test_a_raising_case_becomes_an_outcome_and_the_others_go_on():
    async def program(case):
        if case == 1:
            raise ValueError("one")
        return case

    outcomes = {outcome.index: outcome for outcome in await collect(LocalMap(2), program, range(4))}
    assert isinstance(outcomes[1].error, ValueError)
    assert [outcomes[i].value for i in (0, 2, 3)] == [0, 2, 3]
    with pytest.raises(ValueError, match="one"):
        outcomes[1].result()


async def test_leaving_early_cancels_what_is_under_way():
    ended = []

    async def program(case):
        try:
            await asyncio.sleep(case)
        finally:
            ended.append(case)

    outcomes = LocalMap(3)(program, [0, 60, 60])
    assert (await anext(outcomes)).index == 0
    await outcomes.aclose()
    assert sorted(ended) == [0, 60, 60]


async def test_cases_are_taken_only_as_places_fall_free():
    taken = []

    def cases():
        for case in range(100):
            taken.append(case)
            yield case

    async def program(case):
        return case

    outcomes = LocalMap(2)(program, cases())
    await anext(outcomes)
    assert len(taken) <= 4
    await outcomes.aclose()


def test_a_map_needs_a_place():
    with pytest.raises(OptionError, match="concurrency=0"):
        LocalMap(0)
