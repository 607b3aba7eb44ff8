import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import OptionError
from workbench.networks.sampling import Sampling, draw, log_probabilities

LOGITS = np.log(np.array([0.5, 0.3, 0.15, 0.05]))


def test_draws_follow_the_probabilities():
    rng = np.random.default_rng(0)
    drawn = np.bincount([draw(LOGITS, Sampling(temperature=1.0), rng) for _ in range(4000)], minlength=4) / 4000
    assert np.allclose(drawn, [0.5, 0.3, 0.15, 0.05], atol=0.03)


@pytest.mark.parametrize(("top_p", "allowed"), [(0.4, {0}), (0.5, {0}), (0.6, {0, 1}), (0.9, {0, 1, 2})])
def test_top_p_keeps_the_likeliest_tokens_that_reach_it(top_p, allowed):
    rng = np.random.default_rng(0)
    assert {draw(LOGITS, Sampling(temperature=1.0, top_p=top_p), rng) for _ in range(400)} == allowed


@settings(deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=9))
def test_log_probabilities_sum_to_one(logits):
    assert np.isclose(np.exp(log_probabilities(np.array(logits))).sum(), 1)


@pytest.mark.parametrize("wrong", [{"temperature": -1}, {"top_p": 0}, {"top_p": 1.5}, {"max_tokens": 0}, {"seed": -1}])
def test_values_outside_their_range_are_refused(wrong):
    with pytest.raises(OptionError, match="allowed"):
        Sampling(**wrong)
