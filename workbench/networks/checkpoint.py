"""Transformers on disk in the public Llama layout: `config.json` and `model.safetensors`."""

from __future__ import annotations

import json
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from workbench.errors import DataError
from workbench.networks.transformer import Transformer, TransformerConfig

__all__ = ["load_transformer", "save_transformer", "weights_of"]

_BLOCK = {
    "input_layernorm.weight": ("attention_norm", "weight"),
    "self_attn.q_proj.weight": ("attention", "query"),
    "self_attn.k_proj.weight": ("attention", "key"),
    "self_attn.v_proj.weight": ("attention", "value"),
    "self_attn.o_proj.weight": ("attention", "output"),
    "post_attention_layernorm.weight": ("feed_forward_norm", "weight"),
    "mlp.gate_proj.weight": ("feed_forward", "gate"),
    "mlp.up_proj.weight": ("feed_forward", "up"),
    "mlp.down_proj.weight": ("feed_forward", "down"),
}


def weights_of(model: Transformer) -> dict[str, Array]:
    """The weights by their public names, each [output, input]."""
    named = {"model.embed_tokens.weight": model.embedding, "model.norm.weight": model.norm.weight}
    for index, block in enumerate(model.blocks):
        for name, (part, field) in _BLOCK.items():
            named[f"model.layers.{index}.{name}"] = getattr(getattr(block, part), field)
    if model.head is not None:
        named["lm_head.weight"] = model.head
    return named


def save_transformer(model: Transformer, folder: Path, dtype: str = "float32", **more: object) -> None:
    """Write `config.json` and `model.safetensors` into a folder, which is made when missing.

    Args:
        model: the network.
        folder: where.
        dtype: `float32` or `float16`.
        more: further keys of `config.json`, such as `eos_token_id`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = model.config
    body = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": config.vocabulary,
        "hidden_size": config.width,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_size,
        "intermediate_size": config.hidden,
        "hidden_act": "silu",
        "max_position_embeddings": config.context,
        "rope_theta": config.rope_theta,
        "rms_norm_eps": config.norm_epsilon,
        "tie_word_embeddings": config.tied,
        "attention_bias": False,
        "mlp_bias": False,
        "torch_dtype": dtype,
        **more,
    }
    (folder / "config.json").write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    arrays = {name: np.ascontiguousarray(np.asarray(weight, dtype)) for name, weight in weights_of(model).items()}
    part = folder / "model.safetensors.part"
    part.write_bytes(save(arrays, metadata={"format": "pt"}))
    part.replace(folder / "model.safetensors")


def load_transformer(folder: Path) -> Transformer:
    """The network of a folder with `config.json` and `model.safetensors`, in 32-bit floats.

    Raises:
        DataError: a file is missing, is not of this layout, or its weights do not fit its config.
    """
    try:
        body = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        arrays = load_file(folder / "model.safetensors")
        config = TransformerConfig(
            vocabulary=body["vocab_size"],
            width=body["hidden_size"],
            layers=body["num_hidden_layers"],
            heads=body["num_attention_heads"],
            kv_heads=body.get("num_key_value_heads", body["num_attention_heads"]),
            head_size=body.get("head_dim", body["hidden_size"] // body["num_attention_heads"]),
            hidden=body["intermediate_size"],
            context=body["max_position_embeddings"],
            rope_theta=body.get("rope_theta", 10_000.0),
            norm_epsilon=body["rms_norm_eps"],
            tied=body.get("tie_word_embeddings", False),
        )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise DataError(
            f"No transformer can be read from {str(folder)!r}: {type(error).__name__}: {error}",
            hint="the folder holds config.json and model.safetensors in the Llama layout",
        ) from error
    model = eqx.filter_eval_shape(Transformer.init, config, jax.random.key(0))
    expected = weights_of(model)
    if wrong := {name for name, like in expected.items() if name not in arrays or arrays[name].shape != like.shape}:
        raise DataError(
            f"The weights in {str(folder)!r} do not fit its config.json: {sorted(wrong)[:3]!r} are missing or of "
            "another shape."
        )
    names = list(expected)
    loaded = [jnp.asarray(arrays[name], jnp.float32) for name in names]
    return eqx.tree_at(lambda like: [weights_of(like)[name] for name in names], model, loaded)
