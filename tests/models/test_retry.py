import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.models.retry import Retries


@given(retry=st.integers(0, 30), chance=st.floats(0, 1, exclude_max=True))
def test_a_wait_is_between_half_and_the_whole_of_its_bound(retry, chance):
    waits = Retries(count=31, first_seconds=0.5, most_seconds=30, chance=lambda: chance)
    bound = min(30, 0.5 * 2**retry)
    assert bound / 2 <= waits.wait(retry, None) <= bound


def test_a_stated_wait_is_kept_to_unless_it_is_longer_than_patience():
    retries = Retries(patience_seconds=60)
    assert retries.wait(0, 0.0) == 0.0
    assert retries.wait(3, 60.0) == 60.0
    assert retries.wait(0, 60.1) is None


@pytest.mark.parametrize(("reached", "most"), [(True, 4), (False, 2)])
def test_retries_end(reached, most):
    waits = [Retries().wait(retry, None, reached=reached) for retry in range(6)]
    assert [wait is not None for wait in waits] == [retry < most for retry in range(6)]


def test_no_retries_at_all_can_be_asked_for():
    assert Retries(count=0).wait(0, 1.0) is None
    assert Retries(count=0).wait(0, None, reached=False) is None
