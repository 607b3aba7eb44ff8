import dataclasses
import json

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file

from workbench.errors import DataError
from workbench.networks import Transformer, load_transformer, save_transformer


@pytest.mark.parametrize("tied", [True, False])
def test_a_network_comes_back_from_disk_bit_for_bit(config, tied, tmp_path):
    network = Transformer.init(dataclasses.replace(config, tied=tied), jax.random.key(3))
    save_transformer(network, tmp_path / "made", eos_token_id=2)
    loaded = load_transformer(tmp_path / "made")
    assert loaded.config == network.config
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(loaded), jax.tree.leaves(network), strict=True))


def test_names_shapes_and_config_are_the_public_ones(network, config, tmp_path):
    save_transformer(network, tmp_path, "float16")
    arrays = load_file(tmp_path / "model.safetensors")
    assert arrays["model.layers.1.self_attn.k_proj.weight"].shape == (16, 32)
    assert arrays["model.layers.0.mlp.down_proj.weight"].shape == (32, 48)
    assert {array.dtype.name for array in arrays.values()} == {"float16"}
    assert "lm_head.weight" not in arrays
    assert len(arrays) == 2 + 9 * config.layers
    body = json.loads((tmp_path / "config.json").read_text())
    assert (body["num_key_value_heads"], body["tie_word_embeddings"], body["head_dim"]) == (2, True, 8)


def test_a_folder_without_weights_or_with_others_says_so(network, config, tmp_path):
    with pytest.raises(DataError, match="No transformer can be read"):
        load_transformer(tmp_path)
    save_transformer(network, tmp_path)
    body = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(body | {"intermediate_size": 64}))
    with pytest.raises(DataError, match="do not fit"):
        load_transformer(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(DataError, match="No transformer can be read"):
        load_transformer(tmp_path)
