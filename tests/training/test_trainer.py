import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.errors import DataError, OptionError
from workbench.networks import Transformer, TransformerConfig
from workbench.training import TrainingConfig, load_state, pack, save_state, train, trainer

loss_of = eqx.filter_jit(trainer.loss_of)
CONFIG = TransformerConfig(vocabulary=32, width=16, layers=1, heads=2, kv_heads=1, head_size=8, hidden=24, context=32)


@pytest.fixture(scope="module")
def network():
    return Transformer.init(CONFIG, jax.random.key(0))


def batch_of(step, rows=2):
    rng = np.random.default_rng(step)
    examples = []
    for _ in range(8):
        word = rng.integers(3, 32, 4).tolist()
        examples.append(([1, *word, 2, *word], [False] * 6 + [True] * 4))
    return pack(examples, rows, 32, pad=0)[0]


def arrays(batch):
    return [jnp.asarray(a) for a in (batch.tokens, batch.segments, batch.positions, batch.learned)]


def leaves(state):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(state) if eqx.is_array(leaf)]


def test_a_small_batch_is_learned_by_heart(network):
    told = []
    fixed = batch_of(0)
    config = TrainingConfig(steps=100, rate=2e-2, warmup=10)
    train(network, lambda step: fixed, config, every=100, report=lambda progress, state: told.append(state.model))
    before, after = (float(loss_of(model, *arrays(fixed))) for model in (network, told[-1]))
    assert before > 3
    assert after < 0.05


def test_the_same_seed_gives_the_same_weights_bit_for_bit_also_across_a_resumption(network, tmp_path):
    config = TrainingConfig(steps=12, warmup=3)
    whole = train(network, batch_of, config)
    again = train(network, batch_of, config)
    kept = []
    train(network, batch_of, config, every=5, report=lambda progress, state: kept.append(save(state, tmp_path)))
    resumed = train(network, batch_of, config, state=load_state(network, config, tmp_path / "5"))
    for a, b, c in zip(leaves(whole), leaves(again), leaves(resumed), strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a, c)


def save(state, folder):
    save_state(state, folder / str(int(state.step)))


def test_packed_neighbours_and_padding_do_not_change_the_loss(network):
    one, two = ([1, 5, 6, 2, 5], [False] * 3 + [True] * 2), ([1, 9, 2, 9, 4], [False, False, True, True, True])
    together = float(loss_of(network, *arrays(pack([one, two], 1, 16, 0)[0])))
    alone = [float(loss_of(network, *arrays(pack([each], 1, 32, 0)[0]))) for each in (one, two)]
    assert np.isclose(together, (2 * alone[0] + 3 * alone[1]) / 5, atol=1e-5)


def test_only_learned_tokens_count(network):
    batch = batch_of(0)
    other = batch.tokens.copy()
    last = np.flatnonzero(batch.segments[0] == 1)[-1]
    tokens = dataclasses.replace(batch, tokens=other, learned=np.zeros_like(batch.learned))
    assert float(loss_of(network, *arrays(tokens))) == 0
    other[0, last] = (other[0, last] + 1) % 32
    changed = dataclasses.replace(batch, tokens=other)
    assert float(loss_of(network, *arrays(changed))) != float(loss_of(network, *arrays(batch)))


def test_the_rate_rises_stays_and_falls_to_nothing():
    config = TrainingConfig(steps=100, rate=1.0, warmup=10, decay=0.3)
    assert np.allclose([config.rate_at(step) for step in (0, 9, 40, 70, 85, 100)], [0.1, 1, 1, 1, 0.5, 0])


def test_training_stops_when_its_time_is_up(network):
    assert int(train(network, batch_of, TrainingConfig(steps=50), until=0.0).step) == 1


def test_wrong_options_and_foreign_states_are_refused(network, tmp_path):
    with pytest.raises(OptionError, match="steps=0"):
        TrainingConfig(steps=0)
    (tmp_path / "state").write_bytes(b"nothing")
    for name in ("state", "missing"):
        with pytest.raises(DataError, match="cannot be resumed"):
            load_state(network, TrainingConfig(steps=1), tmp_path / name)
