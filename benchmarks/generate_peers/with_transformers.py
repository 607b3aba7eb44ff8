"""Transformers on a checkpoint folder: `python with_transformers.py FOLDER PLAN`, where PLAN is JSON; prints JSON."""

from __future__ import annotations

import json
import sys
import time

import torch  # pyright: ignore[reportMissingImports] - in an environment of its own
from transformers import LlamaForCausalLM  # pyright: ignore[reportMissingImports] - in an environment of its own

folder, plan = sys.argv[1], json.loads(sys.argv[2])
clock = getattr(time, plan["clock"])
torch.set_num_threads(plan["threads"])
model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
model.generation_config.eos_token_id = None
model.generation_config.pad_token_id = 0


def seconds(work) -> float:
    began = clock()
    work()
    return clock() - began


found = {}
with torch.inference_mode():
    for rows in plan["rows"]:
        prompts = torch.tensor(plan["prompts"][:rows])
        ids = []

        def write(count: int, prompts: torch.Tensor = prompts, ids: list = ids) -> None:
            whole = model.generate(
                prompts,
                attention_mask=torch.ones_like(prompts),
                do_sample=False,
                min_new_tokens=count,
                max_new_tokens=count,
            )
            ids[:] = whole[:, prompts.shape[1] :].tolist()

        write(4)
        decode, prefill = [], []
        for _ in range(plan["repetitions"]):
            one = seconds(lambda: write(1))
            whole = seconds(lambda: write(plan["tokens"]))
            decode.append(rows * (plan["tokens"] - 1) / (whole - one))
            read = seconds(lambda: model(prompts, logits_to_keep=1))  # noqa: B023 - called at once
            prefill.append(prompts.numel() / read)
        found[rows] = {"decode": decode, "prefill": prefill, "ids": ids[0]}
print(json.dumps(found))
