"""Several sizes of the pocket model lie in the package, and each is asked by its name."""

from dataclasses import replace

import jax
import pytest

from workbench.errors import ModelError
from workbench.messages import user
from workbench.models import Request, model_names, open_model
from workbench.models.model import Settings
from workbench.models.white_box import white_box
from workbench.networks import Checkpoint, Transformer
from workbench.networks.chat_template import ChatTemplate
from workbench.networks.tokenizer import Tokenizer
from workbench.training import shipped
from workbench.training.recipe import recipe
from workbench.training.shipped import shipped_sizes, weights_folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A package without weights."""
    monkeypatch.setattr(shipped, "HOME", tmp_path)
    return tmp_path


def save(size, seed=0):
    template = ChatTemplate(Tokenizer.load(TOKENIZER))
    shape = replace(recipe("1m").shape, width=WIDTHS[size], layers=1, heads=1, kv_heads=1, hidden=8)
    network = Transformer.init(shape, jax.random.key(seed))
    Checkpoint(network, template).save(weights_folder(size))


TOKENIZER = weights_folder() / "tokenizer.json"
WIDTHS = {"300k": 32, "1m": 64}


async def test_each_size_is_asked_by_its_name(home):
    save("1m")
    save("300k")
    assert shipped_sizes() == ("300k", "1m")
    names = model_names()
    assert {"pocket", "pocket:300k"} <= set(names)
    assert "pocket:1m" not in names  # which is `pocket`, listed already
    models = {name: white_box(open_model(name)) for name in ("pocket", "pocket:1m", "pocket:300k")}
    assert {name: model.network.config.width for name, model in models.items()} == {
        "pocket": 64,
        "pocket:1m": 64,
        "pocket:300k": 32,
    }
    reply = await open_model("pocket:300k").reply(Request((user("12 + 34"),), settings=Settings(max_tokens=1)))
    assert reply.response_model == "pocket:300k"


def test_a_size_that_is_not_there_names_the_command_that_trains_it(home):
    save("1m")
    with pytest.raises(ModelError) as caught:
        open_model("pocket:300k")
    assert caught.value.kind == "unknown_model"
    assert "Here are pocket." in caught.value.message
    assert "python -m workbench.training.pocket --size 300k" in caught.value.hint
    with pytest.raises(ModelError, match=r"'300kk'; allowed are 300k, 1m(.|\n)*300k") as caught:
        open_model("pocket:300kk")
    assert caught.value.kind == "unknown_model"
    with pytest.raises(ModelError):
        open_model("pocket:../weights")


def test_weights_that_were_trained_anew_are_read_anew(home):
    save("300k")
    first = white_box(open_model("pocket:300k")).version
    assert white_box(open_model("pocket:300k")).version == first
    save("300k", seed=1)
    assert white_box(open_model("pocket:300k")).version != first


def test_all_weights_of_the_package_together_are_small():
    files = [path for size in shipped_sizes() for path in weights_folder(size).iterdir()]
    assert sum(path.stat().st_size for path in files) <= 25_000_000
