import threading

import numpy as np
import pytest

from workbench.models.pocket.engine import Engine, Job
from workbench.networks import Decoder, Sampling


class Failing(Decoder):
    """Writes one token of the first row, then breaks down."""

    def generate(self, prompts, samplings, emit):
        emit(0, 5, np.zeros(8))
        raise RuntimeError("broken")


class Counting(Decoder):
    """Emits as many tokens as are asked for, and remembers the sizes of its batches."""

    sizes: list[int]

    def generate(self, prompts, samplings, emit):
        self.sizes.append(len(prompts))
        for row, sampling in enumerate(samplings):
            for _ in range(sampling.max_tokens):
                if not emit(row, 5, np.zeros(8)):
                    break


@pytest.fixture
def network():
    import jax

    from workbench.networks import Transformer, TransformerConfig

    return Transformer.init(TransformerConfig(8, 4, 1, 1, 1, 4, 4, 64), jax.random.key(0))


def job(most=3, take=lambda token, logits: True):
    ended = []
    done = threading.Event()

    def end(well):
        ended.append(well)
        done.set()

    return Job([1, 2], Sampling(most), take, end), ended, done


def test_jobs_that_wait_are_written_together_and_each_ends_once(network):
    decoder = Counting(network, [7])
    decoder.sizes = []
    engine = Engine(decoder)
    jobs = [job(n + 1) for n in range(5)]
    for future in [engine.submit(each) for each, _, _ in jobs]:
        future.result(timeout=10)
    assert [ended for _, ended, _ in jobs] == [[True]] * 5
    assert sum(decoder.sizes) == 5
    assert len(decoder.sizes) < 5


def test_a_breakdown_reaches_every_job_of_the_batch(network):
    engine = Engine(Failing(network, [7]))
    first, second = job(1), job(4)
    futures = [engine.submit(first[0]), engine.submit(second[0])]
    for _, _, done in (first, second):
        assert done.wait(10)
    assert first[1] == [True]
    assert second[1] == [False]
    assert any(isinstance(future.exception(timeout=10), RuntimeError) for future in futures)


def test_a_cancelled_job_ends_at_its_next_token(network):
    decoder = Counting(network, [7])
    decoder.sizes = []
    taken = []
    cancelled, ended, _ = job(50, take=lambda token, logits: taken.append(token) or cancelled.cancelled.set() or True)
    Engine(decoder).submit(cancelled).result(timeout=10)
    assert len(taken) == 1
    assert ended == [True]
