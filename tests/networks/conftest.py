"""A small random transformer and a small tokenizer."""

import jax
import pytest

from workbench.networks import Tokenizer, Transformer, TransformerConfig
from workbench.networks.chat_template import SPECIALS


@pytest.fixture(scope="session")
def config():
    return TransformerConfig(
        vocabulary=320, width=32, layers=2, heads=4, kv_heads=2, head_size=8, hidden=48, context=160
    )


@pytest.fixture(scope="session")
def network(config):
    return Transformer.init(config, jax.random.key(0), deviation=0.2)


@pytest.fixture(scope="session")
def tokenizer():
    texts = ["What is 12 + 34?", "add(a:int, b:int) Add two numbers.", "The weather in Paris is sunny."] * 3
    return Tokenizer.train(texts, SPECIALS, 320)
