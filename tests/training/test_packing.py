import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.training import pack

EXAMPLE = st.lists(st.tuples(st.integers(1, 99), st.booleans()), min_size=1, max_size=12).map(
    lambda pairs: ([id for id, _ in pairs], [spoken for _, spoken in pairs])
)


@settings(deadline=None)
@given(st.lists(EXAMPLE, max_size=12))
def test_packed_conversations_are_whole_apart_and_in_order_of_their_rows(examples):
    batch, count = pack(examples, rows=3, length=16, pad=0)
    found = []
    for row in range(3):
        for segment in range(1, batch.segments[row].max() + 1):
            place = np.flatnonzero(batch.segments[row] == segment)
            assert np.array_equal(place, np.arange(place[0], place[-1] + 1))
            assert np.array_equal(batch.positions[row, place], np.arange(len(place)))
            assert not batch.learned[row, place[0]]
            found.append(batch.tokens[row, place].tolist())
    assert len(found) == count
    assert sorted(found) == sorted(ids for ids, _ in examples[:count])
    assert not batch.learned[batch.segments == 0].any()


def test_a_conversation_longer_than_a_row_is_left_out():
    batch, count = pack([([1] * 9, [True] * 9), ([2, 3], [False, True])], rows=1, length=8, pad=0)
    assert count == 1
    assert batch.tokens[0].tolist() == [2, 3, 0, 0, 0, 0, 0, 0]
