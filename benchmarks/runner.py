"""What an evaluation adds to the calls it makes: 1,000 samples at concurrency 64 against a provider that takes 50 ms.

    python benchmarks/runner.py [--quick] [--profile] [--python-of inspect=PYTHON]

Takes 40 s (`--quick`: 20 s), and 30 s more for each of Inspect's evaluations. The server is a process on loopback
(`cell_peers/server.py`). In turns:

- the official OpenAI SDK, `asyncio.gather` and a semaphore;
- `evaluate.run` from call to return: one program, one scorer; every answer, score, call and span is in the store, calls
  are kept so that a killed run pays none twice, and the table is read back;
- Inspect's `eval`, where a Python that has it is given: `uv venv /tmp/inspect && uv pip install --python
  /tmp/inspect/bin/python inspect-ai openai`, then `--python-of inspect=/tmp/inspect/bin/python`. Its log is on disk
  when it returns.

Ideal is 1,000 × 50 ms / 64 = 0.78 s. `--profile` prints the functions of a run.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import json
import os
import pstats
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from cell import HERE, MODEL, PROMPT, exactly, gathered, ratio, server
from reporting import Figure, aimed, finish, spread

SAMPLES = 1000
CONCURRENCY = 64
PATH = "/50/1/0/v1"


async def measured(repeats: int, profile: bool) -> dict[str, list[tuple[float, float]]]:
    """Wall and CPU seconds of the SDK and of the run, in turns."""
    from openai import AsyncOpenAI

    from workbench import evaluate
    from workbench.evaluate import Dataset, Sample
    from workbench.models import open_model

    client, model = AsyncOpenAI(max_retries=0), open_model(MODEL)
    number = 0

    async def sdk() -> None:
        async def ask(index: int) -> None:
            messages: Any = [{"role": "user", "content": f"{PROMPT} ({index})"}]
            await client.chat.completions.create(model="gpt-5-mini", messages=messages)

        await gathered(ask, SAMPLES)

    async def run(count: int = SAMPLES) -> None:
        nonlocal number
        number += 1
        data = Dataset("sums", tuple(Sample(f"s{n}", f"{PROMPT} ({n})", "four") for n in range(count)))
        scorers = [evaluate.exact_match]
        evaluation = await evaluate.run(
            [evaluate.ask(model)], data, scorers, name=f"run {number}", concurrency=CONCURRENCY
        )
        assert evaluation.table["correct"].item() == count, evaluation

    works: dict[str, Callable[[], Awaitable[None]]] = {"sdk": sdk, "run": run}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    await sdk()  # connections are opened, modules imported
    await run(CONCURRENCY)
    for _ in range(repeats):
        for name, work in works.items():
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            await work()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    if profile:
        with cProfile.Profile() as profiler:
            await run()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
    return taken


def inspected(python: str, url: str, repeats: int) -> list[float] | None:
    """Seconds of Inspect's evaluations; None where its Python fails."""
    command = [python, str(HERE / "runner_peers/inspect_task.py"), url, str(SAMPLES), str(CONCURRENCY), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        print(f"Inspect failed: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
        return None


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--profile", action="store_true", help="print the functions of a run")
    parser.add_argument("--python-of", action="append", default=[], metavar="inspect=PYTHON")
    given = parser.parse_args()
    pythons = dict(pair.partition("=")[::2] for pair in given.python_of)
    repeats, began = 2 if given.quick else 5, time.perf_counter()
    with tempfile.TemporaryDirectory() as name, server() as address:
        url = address + PATH
        os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"] = url, "no-key-is-needed"
        os.environ["WORKBENCH_STORE"] = str(Path(name) / "runs.duckdb")
        taken = asyncio.run(measured(repeats, given.profile))
        from workbench import traces

        calls = int(traces.query("SELECT count(*) FROM spans WHERE operation = 'chat' AND status = 'ok'").item())
        rows = int(traces.query("SELECT count(*) FROM samples JOIN scores USING (run_id, program, sample_id)").item())
        traces.store().close()
        peer = inspected(pythons["inspect"], url, 1 if given.quick else 2) if "inspect" in pythons else None
    expected = CONCURRENCY + SAMPLES * (repeats + given.profile)
    fastest = {who: min(wall for wall, _ in pairs) for who, pairs in taken.items()}
    cpus = {who: min(cpu for _, cpu in pairs) for who, pairs in taken.items()}
    print(
        f"{f'{SAMPLES:,} samples of 50 ms, {CONCURRENCY} at once':<40}{'seconds':>9}{'CPU ms each':>13}{'over SDK':>10}"
    )
    for who in taken:
        print(f"{who:<40}{fastest[who]:9.2f}{cpus[who] * 1000 / SAMPLES:13.2f}{fastest[who] / fastest['sdk']:9.2f}x")
    if peer:
        print(f"{'Inspect':<40}{min(peer):9.2f}{'':13}{min(peer) / fastest['sdk']:9.2f}x")
    else:
        print("Inspect was not measured: --python-of inspect=/tmp/inspect/bin/python")
    cpu_ms = {who: round(cpu * 1000 / SAMPLES, 3) for who, cpu in cpus.items()}
    seconds = {"openai sdk": round(fastest["sdk"], 3)} | ({"inspect": round(min(peer), 2)} if peer else {})
    share = None if not peer else round(fastest["run"] / min(peer), 4)
    over: Figure = {"figure": "run_over_inspect", "value": share, "unit": "ratio"}
    figures: list[Figure] = [
        aimed(ratio("run_over_sdk_gather", taken["run"], taken["sdk"]), 1.25),
        # a busy machine stretches the seconds, and these hardly
        {"figure": "run_cpu_over_sdk_cpu", "value": round(cpus["run"] / cpus["sdk"], 3), "unit": "ratio", "n": repeats},
        {"figure": "run_cpu_ms_a_sample", "value": cpu_ms["run"], "unit": "ms", "n": repeats}
        | {"peers": {"openai sdk": cpu_ms["sdk"]}},
        spread("run_seconds", [wall for wall, _ in taken["run"]], "s", min) | {"peers": seconds},
        aimed(over, round(1 / 6, 3)) | ({} if peer else {"why": "no Python with inspect-ai was given"}),
        exactly("calls_stored", calls, expected),
        exactly("scored_samples_stored", rows, expected),
    ]
    finish("runner", began, figures)


if __name__ == "__main__":
    main()
