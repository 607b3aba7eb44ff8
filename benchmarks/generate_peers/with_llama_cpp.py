"""llama.cpp on a checkpoint folder: `python with_llama_cpp.py FOLDER PLAN`, where PLAN is JSON; prints JSON.

The weights are written as GGUF in 32-bit floats first; keys and values are kept in 32-bit floats too.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import gguf  # pyright: ignore[reportMissingImports] - in an environment of its own
import llama_cpp  # pyright: ignore[reportMissingImports] - in an environment of its own
import numpy as np
from safetensors.numpy import load_file

_NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip


def convert(folder: Path) -> Path:
    """The folder's weights as a GGUF file beside them."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    path = folder / "model.gguf"
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config.get("rope_theta", 10000.0))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("no_vocab")

    def permuted(weight: np.ndarray, heads: int) -> np.ndarray:
        """From halves that are turned together to pairs."""
        split = weight.reshape(heads, 2, weight.shape[0] // heads // 2, weight.shape[1])
        return split.swapaxes(1, 2).reshape(weight.shape)

    for name, weight in load_file(folder / "model.safetensors").items():
        weight = np.ascontiguousarray(weight, np.float32)
        if name.startswith("model.layers."):
            _, _, layer, rest = name.split(".", 3)
            kind = _NAMES[rest.removesuffix(".weight")]
            if kind in ("attn_q", "attn_k"):
                heads = config["num_attention_heads" if kind == "attn_q" else "num_key_value_heads"]
                weight = permuted(weight, heads)
            target = f"blk.{layer}.{kind}.weight"
        else:
            target = {
                "model.embed_tokens.weight": "token_embd.weight",
                "model.norm.weight": "output_norm.weight",
                "lm_head.weight": "output.weight",
            }[name]
        writer.add_tensor(target, np.ascontiguousarray(weight))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def main() -> None:
    """Measures."""
    folder, plan = Path(sys.argv[1]), json.loads(sys.argv[2])
    clock = getattr(time, plan["clock"])
    quiet = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(quiet, None)
    path = convert(folder)
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
    length, tokens = len(plan["prompts"][0]), plan["tokens"]
    vocabulary = json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    found = {}
    for rows in plan["rows"]:
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = rows * max(256, length + tokens)
        settings.n_batch = settings.n_ubatch = max(rows * length, 512)
        settings.n_seq_max = rows
        settings.n_threads = settings.n_threads_batch = plan["threads"]
        settings.type_k = settings.type_v = 0  # 32-bit floats
        context = llama_cpp.llama_init_from_model(model, settings)
        batch = llama_cpp.llama_batch_init(rows * length, 0, 1)

        def put(place: int, token: int, position: int, row: int, wanted: bool, batch=batch) -> None:
            batch.token[place], batch.pos[place], batch.n_seq_id[place] = token, position, 1
            batch.seq_id[place][0], batch.logits[place] = row, wanted

        def best(places, context=context) -> list[int]:
            pointers = (llama_cpp.llama_get_logits_ith(context, place) for place in places)
            return [int(np.ctypeslib.as_array(pointer, shape=(vocabulary,)).argmax()) for pointer in pointers]

        decode, prefill, ids = [], [], []
        for repetition in range(plan["repetitions"] + 1):
            llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
            began = clock()
            for row in range(rows):
                for place, token in enumerate(plan["prompts"][row]):
                    put(row * length + place, token, place, row, place == length - 1)
            batch.n_tokens = rows * length
            assert llama_cpp.llama_decode(context, batch) == 0
            last = best([row * length + length - 1 for row in range(rows)])
            read = clock()
            ids = [last[0]]
            for step in range(tokens - 1):
                for row, token in enumerate(last):
                    put(row, token, length + step, row, True)
                batch.n_tokens = rows
                assert llama_cpp.llama_decode(context, batch) == 0
                last = best(range(rows))
                ids.append(last[0])
            done = clock()
            if repetition:
                decode.append(rows * (tokens - 1) / (done - read))
                prefill.append(rows * length / (read - began))
        found[rows] = {"decode": decode, "prefill": prefill, "ids": ids}
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(context)
    print(json.dumps(found))


main()
