"""What the cell adds to a provider's own SDK, over HTTP on loopback: one streamed answer, and a thousand mapped ones.

    python benchmarks/cell.py [--quick] [--profile] [--python-of jupyter_ai=PYTHON]

Takes 2 minutes (`--quick`: 70 s). The server is a process of its own (`cell_peers/server.py`).

- One answer: 50 ms to the first token, then 100 pieces, one each 5 ms. In a real kernel, in turns, the official OpenAI
  SDK's own stream is read to its end, and a `%%llm` cell is run. The first token of the SDK is the first piece with
  text; that of the cell is the first display message with text, handed to Jupyter.
- 1,000 answers after 100 ms each, at most 64 under way: the SDK with `asyncio.gather` and a semaphore, and
  `workbench.map`, in turns. Between the two stand the layers, each over the one before, with the CPU time of a call in
  this process: where it goes is seen there. `--profile` prints the functions of the last.
- jupyter-ai's `%%ai`, where a Python that has it is given: `uv venv /tmp/ai && uv pip install --python
  /tmp/ai/bin/python jupyter-ai-magic-commands`, then `--python-of jupyter_ai=/tmp/ai/bin/python`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import gc
import json
import os
import pstats
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from reporting import Figure, aimed, figure, finish, spread

HERE = Path(__file__).parent
STREAM = "/50/100/5/v1"
WAIT = "/100/0/0/v1"
MODEL = "openai-chat:gpt-5-mini"
CONCURRENCY = 64
PROMPT = "What is 2 plus 3?"


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The loopback provider's address, for as long as the block."""
    process = subprocess.Popen([sys.executable, str(HERE / "cell_peers/server.py")], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


# one streamed answer, in a kernel


def streamed(shell: Any, url: str, calls: int) -> dict[str, list[float]]:
    """Milliseconds to the first token and in all, of the SDK and of the cell, in turns; runs inside a kernel."""
    from openai import AsyncOpenAI

    os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"] = url + STREAM, "no-key-is-needed"
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    client = AsyncOpenAI(max_retries=0)
    taken: dict[str, list[float]] = {"sdk_first": [], "sdk_total": [], "cell_first": [], "cell_total": []}
    seen: list[float] = []
    publish = shell.display_pub.publish

    def noted(data: dict[str, Any], **rest: Any) -> None:
        publish(data, **rest)
        if "word" in data.get("text/plain", ""):
            seen.append(time.perf_counter())

    async def ask() -> float:
        first = 0.0
        messages: Any = [{"role": "user", "content": PROMPT}]
        stream = await client.chat.completions.create(
            model="gpt-5-mini", messages=messages, stream=True, stream_options={"include_usage": True}
        )
        async for piece in stream:
            if not first and piece.choices and piece.choices[0].delta.content:
                first = time.perf_counter()
        return first

    shell.display_pub.publish = noted
    for number in range(calls + 3):
        t0 = time.perf_counter()
        first = asyncio.run_coroutine_threadsafe(ask(), loop).result()
        t1 = time.perf_counter()
        seen.clear()
        shell.run_cell_magic("llm", f"-m {MODEL} -o answer", PROMPT)
        t2 = time.perf_counter()
        if number >= 3:
            for name, span in zip(taken, (first - t0, t1 - t0, seen[0] - t1, t2 - t1), strict=True):
                taken[name].append(span * 1000)
    shell.display_pub.publish = publish
    return taken


def in_kernel(folder: Path, url: str, calls: int) -> dict[str, list[float]]:
    """Measures one streamed answer in a kernel, as one cell of it."""
    from jupyter_client.manager import start_new_kernel

    code = f"""
import json, sys
sys.path[:0] = {[str(HERE), str(HERE.parent)]!r}
import cell
import workbench
from workbench import traces
traces.use({str(folder / "kernel.duckdb")!r})
workbench.load_ipython_extension(get_ipython())
open({str(folder / "taken.json")!r}, "w").write(json.dumps(cell.streamed(get_ipython(), {url!r}, {calls})))
"""
    manager, client = start_new_kernel()
    try:
        reply = client.execute_interactive(code, output_hook=lambda message: None, timeout=600)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["content"]["status"] != "ok":
        raise RuntimeError("\n".join(reply["content"]["traceback"]))
    return json.loads((folder / "taken.json").read_text())


def added(taken: dict[str, list[float]], which: str, aim: float, share: bool) -> Figure:
    """What the cell adds to the SDK, in ms or as a share of the SDK's time."""
    sdk, cell = float(np.median(taken[f"sdk_{which}"])), np.array(taken[f"cell_{which}"])
    values, unit, end = (cell / sdk - 1, "share", "_share") if share else (cell - sdk, "ms", "")
    return aimed(figure(f"cell_{which}_over_sdk{end}", values, unit, 4), aim)


# a thousand answers


async def gathered(ask: Callable[[int], Awaitable[Any]], calls: int) -> None:
    """All calls, with so many under way as the map has."""
    places = asyncio.Semaphore(CONCURRENCY)

    async def one(number: int) -> None:
        async with places:
            await ask(number)

    await asyncio.gather(*(one(number) for number in range(calls)))


async def layers(calls: int, repeats: int, profile: bool) -> dict[str, list[tuple[float, float]]]:
    """Wall and CPU seconds of each layer, repeated in turns."""
    import polars as pl
    from openai import AsyncOpenAI
    from pydantic_ai import ModelRequest, direct
    from pydantic_ai.models import infer_model

    import workbench
    from workbench.messages import user
    from workbench.models import HostedModel, Request, Traced

    client = AsyncOpenAI(max_retries=0)
    theirs = infer_model(MODEL)
    hosted = HostedModel(MODEL)
    traced = Traced(hosted)
    frame = pl.DataFrame({"question": [f"{PROMPT} ({number})" for number in range(calls)]})

    async def sdk(number: int) -> None:
        messages: Any = [{"role": "user", "content": f"{PROMPT} ({number})"}]
        await client.chat.completions.create(model="gpt-5-mini", messages=messages)

    async def pydantic(number: int) -> None:
        await direct.model_request(theirs, [ModelRequest.user_text_prompt(f"{PROMPT} ({number})")], instrument=False)

    async def ours(number: int) -> None:
        await hosted.reply(Request((user(f"{PROMPT} ({number})"),)))

    async def stored(number: int) -> None:
        await traced.reply(Request((user(f"{PROMPT} ({number})"),)))

    async def mapped(cache: bool) -> None:
        given = await workbench.map(
            "{{row.question}}", frame, model=MODEL, concurrency=CONCURRENCY, cache=cache, progress=False
        )
        assert given["error"].null_count() == calls, given["error"].drop_nulls().first()

    round_number = 0

    async def mapped_anew() -> None:
        nonlocal frame, round_number
        round_number += 1  # other questions each time, or the cache would answer them
        frame = frame.with_columns(question=pl.col("question") + f" {round_number}")
        await mapped(cache=True)

    works: dict[str, Callable[[], Awaitable[None]]] = {
        "sdk": lambda: gathered(sdk, calls),
        "pydantic_ai": lambda: gathered(pydantic, calls),
        "hosted": lambda: gathered(ours, calls),
        "traced": lambda: gathered(stored, calls),
        "map_without_cache": lambda: mapped(cache=False),
        "map": mapped_anew,
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for ask in (sdk, pydantic, ours, stored):
        await gathered(ask, CONCURRENCY)  # connections are opened, modules imported
    for _ in range(repeats):
        for name, work in works.items():
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            await work()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    if profile:
        with cProfile.Profile() as profiler:
            await mapped_anew()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(35)
    return taken


def ratio(name: str, ours: list[tuple[float, float]], theirs: list[tuple[float, float]]) -> Figure:
    """The fastest wall time over the fastest of another, with the least and greatest ratio of a turn."""
    turns = [mine[0] / bare[0] for mine, bare in zip(ours, theirs, strict=True)]
    value = min(wall for wall, _ in ours) / min(wall for wall, _ in theirs)
    return spread(name, turns, "ratio", lambda _: value)


def exactly(name: str, count: int, expected: int) -> Figure:
    """A count that is right only if it is exactly so much."""
    return {"figure": name, "value": count, "unit": "count", "aim": expected, "met": count == expected}


def peer(python: str, url: str, calls: int) -> list[float] | None:
    """Milliseconds of jupyter-ai's calls; None where its Python fails."""
    command = [python, str(HERE / "cell_peers/jupyter_ai.py"), url + STREAM, str(calls)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    try:
        return [seconds * 1000 for seconds in json.loads(done.stdout.splitlines()[-1])]
    except (IndexError, ValueError):
        print(f"jupyter-ai failed: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
        return None


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer calls and repeats")
    parser.add_argument("--profile", action="store_true", help="print the functions of a map")
    parser.add_argument("--python-of", action="append", default=[], metavar="jupyter_ai=PYTHON")
    given = parser.parse_args()
    pythons = dict(pair.partition("=")[::2] for pair in given.python_of)
    answers, calls, repeats = (15, 1000, 2) if given.quick else (40, 1000, 5)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name, server() as url:
        folder = Path(name)
        taken = in_kernel(folder, url, answers)
        peers = peer(pythons["jupyter_ai"], url, answers) if "jupyter_ai" in pythons else None
        os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"] = url + WAIT, "no-key-is-needed"
        os.environ["WORKBENCH_STORE"] = str(folder / "map.duckdb")
        walls = asyncio.run(layers(calls, repeats, given.profile))
        from workbench import traces

        stored = int(traces.query("SELECT count(*) FROM spans WHERE operation = 'chat' AND status = 'ok'").item())
        traces.store().close()
    figures = [
        added(taken, "first", 5.0, share=False),
        added(taken, "total", 5.0, share=False),
        added(taken, "total", 0.05, share=True),
    ]
    print(f"{'one streamed answer, ms':<34}{'first token':>12}{'all':>10}")
    for who in ("sdk", "cell"):
        print(f"{who:<34}{np.median(taken[f'{who}_first']):12.1f}{np.median(taken[f'{who}_total']):10.1f}")
    if peers is not None:
        whole = float(np.median(peers))
        print(f"{'jupyter-ai %%ai':<34}{whole:12.1f}{whole:10.1f}")
        figures[0]["peers"] = {"jupyter-ai %%ai": round(whole - float(np.median(taken["sdk_first"])), 1)}
        figures[1]["peers"] = {"jupyter-ai %%ai": round(whole - float(np.median(taken["sdk_total"])), 1)}
    heading = f"{calls:,} answers of 100 ms, {CONCURRENCY} at once"
    print(f"\n{heading:<34}{'seconds':>12}{'CPU ms a call':>16}{'over SDK':>10}")
    fastest = min(wall for wall, _ in walls["sdk"])
    for layer, pairs in walls.items():
        wall, cpu = min(wall for wall, _ in pairs), min(cpu for _, cpu in pairs) / calls * 1000
        print(f"{layer:<34}{wall:12.2f}{cpu:16.2f}{wall / fastest:9.2f}x")
        figures.append({"figure": f"{layer}_cpu_per_call", "value": round(cpu, 3), "unit": "ms", "n": len(pairs)})
    figures.append(aimed(ratio("map_over_sdk_gather", walls["map"], walls["sdk"]), 1.25))
    expected = CONCURRENCY + 3 * calls * repeats + (calls if given.profile else 0)
    figures.append(exactly("calls_stored", stored, expected))
    finish("cell", began, figures)


if __name__ == "__main__":
    main()
