"""How fast text is generated: greedy decoding and reading prompts, against transformers and llama.cpp.

    python benchmarks/generate.py [--quick] [--threads 1] [--clock cpu] [--python-of transformers=PYTHON]
                                  [--python-of llama.cpp=PYTHON]

Takes 5 minutes with both peers on two idle cores (`--quick`: within a minute, without the network of 100 million
parameters). All get the same weights, in 32-bit floats, the same prompts of 64 tokens and the same number of threads,
one after another in the same run; a peer is measured where a Python that has it is given. Expected on two idle cores:
at batch 1 more tokens a second than llama.cpp for 1M, near it for 10M and 100M. On a busy machine, `--threads 1 --clock
cpu` gives tokens a second of the processor's time, of all alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
from reporting import aimed, finish, spread

from workbench.messages import user
from workbench.models.model import Delta, Request
from workbench.models.pocket import PocketModel
from workbench.networks import Decoder, Sampling, Transformer, TransformerConfig, save_transformer
from workbench.networks.batching import Batch
from workbench.networks.compilation import keep_compiled
from workbench.networks.grammar import Grammar, GrammarGuide, Spelling
from workbench.networks.job import Job
from workbench.networks.prefixes import Prefixes

HERE = Path(__file__).resolve().parent
PEERS = {"transformers": "with_transformers.py", "llama.cpp": "with_llama_cpp.py"}
LENGTH = 64
SHAPES = {
    "1m": TransformerConfig(1024, 128, 5, 4, 2, 32, 352, 512, tied=False),
    "10m": TransformerConfig(4096, 320, 8, 8, 4, 40, 864, 512, tied=False),
    "100m": TransformerConfig(8192, 768, 12, 12, 4, 64, 2048, 512, tied=False),
}
CLOCKS = {"wall": ("perf_counter", "tokens/s"), "cpu": ("process_time", "tokens/cpu-s")}
TOKENS = {"1m": 128, "10m": 64, "100m": 24}
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"enum": ["red", "green", "blue"]}, "maxItems": 4},
        "home": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"city": {"type": "string"}}}]},
    },
    "required": ["name", "age", "tags"],
    "additionalProperties": False,
}
_COLD = """
import time
began = time.perf_counter()
import asyncio
from workbench.messages import user
from workbench.models.model import Request
from workbench.models.pocket import PocketModel
model = PocketModel.load()
async def ask():
    async for event in model.stream(Request((user("What is 12 + 34?"),))):
        return time.perf_counter() - began
print(asyncio.run(ask()))
"""


def ours(network: Transformer, plan: dict[str, Any]) -> dict[str, Any]:
    """Tokens a second of the workbench, in its own batches."""
    decoder, clock = Decoder(network), getattr(time, plan["clock"])
    found: dict[str, Any] = {}
    for rows in plan["rows"]:
        decode: list[float] = []
        prefill: list[float] = []
        jobs: list[Job] = []
        for repetition in range(plan["repetitions"] + 1):
            jobs = [Job(ids, Sampling(plan["tokens"]), lambda *_: True) for ids in plan["prompts"][:rows]]
            batch = Batch(decoder, prefixes=Prefixes(0))
            began = clock()
            batch.admit(jobs)
            read = clock()
            while batch.going:
                batch.write()
            done = clock()
            if repetition:
                decode.append(rows * (plan["tokens"] - 1) / (done - read))
                prefill.append(rows * LENGTH / (read - began))
        found[str(rows)] = {"decode": decode, "prefill": prefill, "ids": jobs[0].written}
    return found


def peer(name: str, python: str, folder: Path, plan: dict[str, Any]) -> dict[str, Any] | None:
    """The same of a peer, in its own Python; None where it fails, which is said."""
    command = [python, str(HERE / "generate_peers" / PEERS[name]), str(folder), json.dumps(plan)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(plan["threads"])}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if ran.returncode:
        print(f"{name} failed: {ran.stderr.strip().splitlines()[-1:]}")
        return None
    return json.loads(ran.stdout.splitlines()[-1])


def compared(name: str, plan: dict[str, Any], pythons: dict[str, str]) -> list[dict[str, Any]]:
    """The figures of one size."""
    network = Transformer.init(SHAPES[name], jax.random.key(0), deviation=0.05)
    with tempfile.TemporaryDirectory() as place:
        save_transformer(network, Path(place))
        results = {name: peer(name, python, Path(place), plan) for name, python in pythons.items()}
    mine = ours(network, plan)
    figures: list[dict[str, Any]] = []
    for rows in plan["rows"]:
        for kind in ("decode", "prefill"):
            values = mine[str(rows)][kind]
            peers = {peer: max(found[str(rows)][kind]) for peer, found in results.items() if found}
            body = spread(f"{kind}_{name}_batch_{rows}", values, plan["unit"], max)
            body["peers"] = {peer: round(value, 1) for peer, value in peers.items()}
            if kind == "decode" and peers:
                aims = {"llama.cpp": 0.9 if name == "100m" else 1.0, "transformers": 2.0 if name != "100m" else 0.0}
                aim = round(max(aims[peer] * value for peer, value in peers.items()), 1)
                body = aimed(body, aim, at_least=True)
            figures.append(body)
        for peer_name, found in results.items():
            if found:
                same = sum(a == b for a, b in zip(found[str(rows)]["ids"], mine[str(rows)]["ids"], strict=False))
                print(f"    {name} batch {rows}: {same} of {plan['tokens']} tokens as {peer_name}")
    return figures


def masks() -> dict[str, Any]:
    """Microseconds a token for the mask, the plan and taking the token, over texts drawn at random."""
    model = PocketModel.load()
    spelling = Spelling(model.template.tokenizer, model.template.end, model.network.config.vocabulary)
    grammar, rng = Grammar.of_schema(SCHEMA), np.random.default_rng(0)
    times: list[float] = []
    for _ in range(100):
        guide, left = GrammarGuide(grammar, spelling, 96), 96
        while left:
            began = time.perf_counter()
            mask = guide.allowed(left)
            spent = time.perf_counter() - began
            drawn = int(rng.choice(np.flatnonzero(mask)))
            began = time.perf_counter()
            id = guide.settle(drawn, left)
            times.append(1e6 * (spent + time.perf_counter() - began))
            left = 0 if id == spelling.eos_token_id else left - 1
    body = spread("mask_per_token", times, "us")
    body |= {"low": round(float(np.quantile(times, 0.05)), 1), "high": round(float(np.quantile(times, 0.95)), 1)}
    return aimed(body | {"mean": round(float(np.mean(times)), 1)}, 100)


def first_tokens(quick: bool) -> list[dict[str, Any]]:
    """Seconds to the first token of a fresh process, and milliseconds of a warm one."""

    def cold() -> float:
        ran = subprocess.run([sys.executable, "-c", _COLD], capture_output=True, text=True, check=True, cwd=HERE.parent)
        return float(ran.stdout.split()[-1])

    cold()
    seconds = [cold() for _ in range(1 if quick else 5)]
    model = PocketModel.load()

    async def warm() -> float:
        began = time.perf_counter()
        async for event in model.stream(Request((user("What is 12 + 34?"),))):
            if isinstance(event, Delta):
                break
        return 1e3 * (time.perf_counter() - began)

    async def many() -> list[float]:
        return [await warm() for _ in range(60)][10:]

    fresh = spread("first_token_cold_compiled_before", seconds, "s", min)
    return [aimed(fresh, 2.0), aimed(spread("first_token_warm", asyncio.run(many()), "ms"), 10.0)]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="within a minute: two sizes, fewer repetitions")
    parser.add_argument("--sizes", default=None, help=f"comma-separated, of {', '.join(SHAPES)}")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="and cores, for all (default: all)")
    parser.add_argument(
        "--clock", choices=tuple(CLOCKS), default="wall", help="cpu: the processor's time (default wall)"
    )
    parser.add_argument("--python-of", action="append", default=[], metavar="PEER=PYTHON", help=", ".join(PEERS))
    given = parser.parse_args()
    pythons = dict(each.split("=", 1) for each in given.python_of)
    if unknown := set(pythons) - set(PEERS):
        parser.error(f"unknown peers {sorted(unknown)}; allowed are {', '.join(PEERS)}")
    for name in set(PEERS) - set(pythons):
        print(f"{name} is not measured: give --python-of {name}=PYTHON (benchmarks/README.md says how to install it)")
    if hasattr(os, "sched_setaffinity"):  # before JAX makes its threads, and for the peers' processes too
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.threads])
    keep_compiled()
    began, load = time.perf_counter(), os.getloadavg()
    names = given.sizes.split(",") if given.sizes else ["1m", "10m"] if given.quick else list(SHAPES)
    rng = np.random.default_rng(0)
    figures: list[dict[str, Any]] = []
    for name in names:
        rows = [1, 8] if given.quick else [1, 8, 32]
        prompts = rng.integers(16, 1000, (32, LENGTH)).tolist()
        tokens = TOKENS[name] // (2 if given.quick else 1)
        plan = {"rows": rows, "prompts": prompts, "tokens": tokens, "repetitions": 2 if given.quick else 5}
        clock, unit = CLOCKS[given.clock]
        figures += compared(name, plan | {"threads": given.threads, "clock": clock, "unit": unit}, pythons)
    figures += [masks(), *first_tokens(given.quick)]
    for each in figures:
        peers = ", ".join(f"{name} {value:,.0f}" for name, value in each.get("peers", {}).items())
        met = "" if "met" not in each else "met" if each["met"] else "missed"
        bounds = f"{each['low']:,.1f} … {each['high']:,.1f}"
        print(f"{each['figure']:34s} {each['value']:10,.1f} {each['unit']:12s} {bounds:24s} {peers:44s} {met}")
    finish("generate", began, figures, f"{given.threads} threads", f"load {load[0]:.1f} before")


if __name__ == "__main__":
    main()
