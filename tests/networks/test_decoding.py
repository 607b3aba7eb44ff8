import numpy as np
import pytest

from workbench.errors import OptionError
from workbench.networks import Decoder, Sampling


def written(network, prompts, samplings, stops=()):
    ids = [[] for _ in prompts]
    tables = [[] for _ in prompts]

    def emit(row, id, logits):
        ids[row].append(id)
        tables[row].append(np.array(logits))
        return True

    Decoder(network, stops).generate(prompts, samplings, emit)
    return ids, tables


@pytest.fixture(scope="module")
def prompts():
    rng = np.random.default_rng(0)
    return [list(rng.integers(0, 320, size)) for size in (3, 70, 12, 40, 120, 5, 9, 30, 61, 64)]


def test_generation_equals_reading_the_whole_sequence_again_for_each_token(network, prompts):
    ids, tables = written(network, prompts[:2], [Sampling(6)] * 2)
    for prompt, added, logits in zip(prompts, ids, tables, strict=False):
        whole = Decoder(network, ()).logits(prompt + added)
        assert len(added) == 6
        assert np.allclose(np.array(logits), whole[len(prompt) - 1 : -1], atol=1e-4)
        assert added == [int(row.argmax()) for row in logits]


def test_a_prompt_s_company_and_padding_do_not_change_its_tokens(network, prompts):
    samplings = [Sampling(4 + row, temperature=0.5 * (row % 2), seed=row) for row in range(len(prompts))]
    together, tables = written(network, prompts, samplings)
    for row, prompt in enumerate(prompts):
        alone, alone_tables = written(network, [prompt], [samplings[row]])
        assert alone[0] == together[row]
        assert np.allclose(alone_tables[0], tables[row], atol=1e-4)


def test_the_same_seed_repeats_bit_for_bit_and_another_differs(network, prompts):
    def run(seed):
        return written(network, [prompts[2]], [Sampling(20, temperature=2.0, seed=seed)])[0]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_generation_ends_at_a_stop_the_limit_or_the_context(network, prompts, config):
    greedy = written(network, [prompts[0]], [Sampling(12)])[0][0]
    stopped = written(network, [prompts[0]], [Sampling(12)], stops=[greedy[3]])[0][0]
    assert stopped == greedy[: greedy.index(greedy[3]) + 1]
    full = written(network, [prompts[4]], [Sampling()])[0][0]
    assert len(full) == config.context - len(prompts[4])


@pytest.mark.parametrize("prompt", [[], [1] * 160])
def test_an_empty_or_too_long_prompt_is_refused(network, prompt):
    with pytest.raises(OptionError, match="allowed are 1 to 159"):
        written(network, [prompt], [Sampling()])
