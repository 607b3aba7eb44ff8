"""The reservoir is a uniform sample, and what it holds does not depend on the order in which a device writes."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.continual.buffers import draw, empty, insert

KEY = jax.random.key(0)


def offered_singly(slots, rows, valid, seen, key):
    """Algorithm R, one row after another, with the draws that `insert` makes."""
    slots, capacity = list(slots), len(slots)
    counts = seen + np.cumsum(valid) - 1
    drawn = jax.random.randint(key, valid.shape, 0, jnp.maximum(counts, 0) + 1)
    for row, real, count, slot in zip(rows, valid, counts, np.asarray(drawn), strict=True):
        place = count if count < capacity else slot
        if real and place < capacity:
            slots[place] = row
    return slots


@settings(max_examples=60, deadline=None)
@given(
    capacity=st.integers(1, 6),
    calls=st.lists(st.lists(st.booleans(), min_size=8, max_size=8), min_size=1, max_size=4),
    seed=st.integers(0, 2**31 - 1),
)
def test_offering_many_rows_at_once_equals_offering_them_singly_so_the_last_writer_stays(capacity, calls, seed):
    key, buffer, expected, number, seen = jax.random.key(seed), empty(capacity, jnp.zeros(1)), [0.0] * capacity, 1.0, 0
    for call, valid in enumerate(np.array(calls)):
        rows = number + np.arange(8.0)
        call_key = jax.random.fold_in(key, call)
        buffer = jax.jit(insert)(buffer, jnp.asarray(rows), jnp.asarray(valid), call_key)
        expected = offered_singly(expected, rows, valid, seen, call_key)
        number, seen = number + 8, seen + int(valid.sum())
    np.testing.assert_array_equal(buffer.rows, expected)
    assert int(buffer.seen) == seen


def test_every_row_is_equally_likely_to_be_kept_whenever_it_came():
    capacity, rows, batch, trials = 5, 32, 8, 8000

    def kept(key):
        buffer = empty(capacity, jnp.zeros(1, jnp.int32))
        for start in range(0, rows, batch):
            offered = jnp.arange(start, start + batch)
            buffer = insert(buffer, offered, jnp.ones(batch, bool), jax.random.fold_in(key, start))
        return jnp.zeros(rows).at[buffer.rows].add(1)

    counts = np.asarray(jax.jit(jax.vmap(kept))(jax.random.split(KEY, trials)))
    assert counts.max() == 1  # a row is never kept twice
    share = capacity / rows
    deviation = np.sqrt(share * (1 - share) / trials)
    assert np.abs(counts.mean(axis=0) - share).max() < 4.5 * deviation


def test_while_there_is_room_every_row_is_kept_in_order():
    buffer = insert(empty(5, jnp.zeros(1)), jnp.arange(1.0, 5.0), jnp.array([True, False, True, True]), KEY)
    np.testing.assert_array_equal(buffer.rows, [1, 3, 4, 0, 0])


def test_the_parts_of_a_row_stay_together():
    buffer = empty(4, (jnp.zeros((1, 2)), jnp.zeros(1, jnp.int32)))
    for call in range(20):
        labels = jnp.arange(call * 8, call * 8 + 8)
        pictures = jnp.stack([labels, -labels], axis=1).astype(jnp.float32)
        buffer = insert(buffer, (pictures, labels), jnp.ones(8, bool), jax.random.fold_in(KEY, call))
    pictures, labels = buffer.rows
    np.testing.assert_array_equal(pictures[:, 0], labels)
    np.testing.assert_array_equal(pictures[:, 1], -labels)


def test_only_filled_slots_are_drawn_and_none_is_real_while_it_is_empty():
    buffer = empty(100, jnp.zeros(1))
    assert not draw(buffer, 8, KEY)[1].any()
    buffer = insert(buffer, jnp.array([5.0, 6.0, 7.0]), jnp.ones(3, bool), KEY)
    values, real = draw(buffer, 300, KEY)
    assert real.all()
    assert set(np.asarray(values)) == {5.0, 6.0, 7.0}
