import dataclasses
import json

import equinox as eqx
import jax
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from workbench.errors import DataError, OptionError
from workbench.networks import Transformer, load_transformer, save_transformer
from workbench.networks.config_json import config_from_json


def same(one, other):
    return one.config == other.config and all(
        np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    )


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


def test_weights_that_take_more_than_a_file_holds_are_split_and_come_back(network, tmp_path):
    save_transformer(network, tmp_path, shard_bytes=20_000)
    files = sorted(path.name for path in tmp_path.glob("*.safetensors"))
    assert len(files) > 2
    assert files[0] == f"model-00001-of-{len(files):05d}.safetensors"
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    assert set(index["weight_map"].values()) == set(files)
    assert index["metadata"]["total_size"] == sum(leaf.nbytes for leaf in jax.tree.leaves(network))
    assert same(load_transformer(tmp_path), network)
    (tmp_path / files[1]).unlink()
    (tmp_path / files[0]).unlink()
    with pytest.raises(DataError, match=rf"2 are missing: {files[0]}, {files[1]}"):
        load_transformer(tmp_path)


def test_who_may_read_the_config_may_read_the_weights(network, tmp_path):
    save_transformer(network, tmp_path)
    modes = {name: (tmp_path / name).stat().st_mode for name in ("config.json", "model.safetensors")}
    assert modes["model.safetensors"] == modes["config.json"]


def test_saving_again_leaves_no_file_of_another_layout(network, tmp_path):
    folder = tmp_path / "made"
    save_transformer(network, folder, shard_bytes=20_000)
    save_transformer(network, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    save_transformer(network, folder, shard_bytes=20_000)
    assert not (folder / "model.safetensors").exists()
    assert same(load_transformer(folder), network)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_auto_keeps_the_stored_type(network, dtype, tmp_path):
    save_transformer(network, tmp_path, dtype)
    loaded = load_transformer(tmp_path, "auto")
    assert {leaf.dtype.name for leaf in jax.tree.leaves(loaded)} == {dtype}
    save_transformer(loaded, tmp_path / "again")
    assert json.loads((tmp_path / "again" / "config.json").read_text())["torch_dtype"] == dtype
    assert same(load_transformer(tmp_path / "again", "auto"), loaded)


def test_all_that_does_not_fit_is_said_at_once(network, tmp_path):
    save_transformer(network, tmp_path)
    arrays = load_file(tmp_path / "model.safetensors")
    del arrays["model.norm.weight"], arrays["model.layers.0.mlp.up_proj.weight"]
    del arrays["model.layers.1.mlp.up_proj.weight"]
    arrays["model.layers.1.self_attn.q_norm.weight"] = np.ones(8, np.float32)
    arrays["model.embed_tokens.weight"] = arrays["model.embed_tokens.weight"][:300]
    save_file(arrays, tmp_path / "model.safetensors")
    with pytest.raises(DataError) as raised:
        load_transformer(tmp_path)
    said = str(raised.value)
    assert "missing: model.layers.N.mlp.up_proj.weight (N = 0-1)" in said
    assert "missing: model.norm.weight" in said
    assert "not expected: model.layers.1.self_attn.q_norm.weight" in said
    assert "model.embed_tokens.weight has shape [300, 32], not [320, 32]" in said


def test_a_tied_checkpoint_may_hold_its_output_layer_and_old_frequencies(network, tmp_path):
    save_transformer(network, tmp_path)
    arrays = load_file(tmp_path / "model.safetensors")
    arrays["lm_head.weight"] = arrays["model.embed_tokens.weight"]
    arrays["model.layers.0.self_attn.rotary_emb.inv_freq"] = np.ones(4, np.float32)
    save_file(arrays, tmp_path / "model.safetensors")
    assert same(load_transformer(tmp_path), network)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_weights_that_are_not_finite_are_refused(network, bad, dtype, tmp_path):
    broken = eqx.tree_at(lambda m: m.blocks[1].feed_forward.up, network, replace_fn=lambda w: w.at[3, 5].set(bad))
    save_transformer(broken, tmp_path, dtype)
    with pytest.raises(DataError, match=r"not finite .*: model\.layers\.1\.mlp\.up_proj\.weight\."):
        load_transformer(tmp_path)


def test_an_architecture_that_is_not_built_is_named(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "mamba2"}))
    with pytest.raises(DataError, match="'mamba2' cannot be read; allowed are llama, mistral, qwen2, qwen3"):
        load_transformer(tmp_path)


def test_all_faults_of_a_config_are_said_at_once():
    body = {"model_type": "llama", "hidden_size": 32, "num_attention_heads": 4, "hidden_act": "gelu"}
    body |= {"rope_scaling": {"type": "longrope"}, "quantization_config": {"bits": 4}, "partial_rotary_factor": 0.5}
    with pytest.raises(DataError) as raised:
        config_from_json(body)
    for fault in ("vocab_size", "num_hidden_layers", "gelu", "longrope", "quantised", "partial_rotary_factor"):
        assert fault in str(raised.value)


def test_a_shape_that_no_public_architecture_has_is_not_saved(config, tmp_path):
    odd = dataclasses.replace(config, qk_norm=True, feed_forward_bias=True)
    with pytest.raises(OptionError, match="No public architecture"):
        save_transformer(Transformer.init(odd, jax.random.key(0)), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_folder_without_weights_or_with_others_says_so(network, tmp_path):
    with pytest.raises(DataError, match=r"there is no config\.json"):
        load_transformer(tmp_path)
    save_transformer(network, tmp_path)
    body = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(body | {"intermediate_size": 64}))
    with pytest.raises(DataError, match="do not fit"):
        load_transformer(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(DataError, match="cannot be read"):
        load_transformer(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(DataError, match=r"'pytorch_model\.bin' may run code"):
        load_transformer(tmp_path)
    with pytest.raises(OptionError, match="allowed are float32, bfloat16, float16"):
        load_transformer(tmp_path, "int8")
