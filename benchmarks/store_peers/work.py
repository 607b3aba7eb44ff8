"""The work that every store is given, and how it is timed; needs nothing but Python itself.

    PYTHON PEER.py burst|conversations|crowd FOLDER COUNT [PROCESSES]

Each peer is one script beside this one, run by a Python of its own, because some cannot live in one environment. Its
last line is one JSON object.
"""

from __future__ import annotations

import contextlib
import gc
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RARE = "zyzzyva"
MODELS = ("gpt-4o", "gpt-4o-mini", "o3-mini", "gpt-4.1")
TURNS = 50
_WARM = 20
_GO = "go\n"


def _vocabulary() -> list[str]:
    """65,536 draws from 30,000 pseudo-words with the frequencies of language (Zipf's law): as hard to compress."""
    draw = random.Random(7)
    syllables = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]
    words = ["".join(draw.choices(syllables, k=draw.choice((1, 2, 2, 3, 3, 4)))) for _ in range(30_000)]
    return draw.choices(words, [1 / (rank + 3) for rank in range(len(words))], k=1 << 16)


_WORDS = _vocabulary()


def text(draw: random.Random, characters: int) -> str:
    """Words in no order, so that no two texts are alike."""
    numbers = array("H", draw.randbytes(2 * (characters // 3)))
    return " ".join(map(_WORDS.__getitem__, numbers))[:characters]


@dataclass(frozen=True)
class Call:
    """One call of a model: messages as (role, text) and what it answered."""

    model: str
    messages: tuple[tuple[str, str], ...]
    answer: str
    input_tokens: int
    output_tokens: int
    conversation: str = ""


def calls(count: int, seed: int = 0) -> Iterator[Call]:
    """Calls of 1.1 kB: system 300, user 350, answer 450 characters, all different; a rare word in every 500th."""
    draw = random.Random(seed)
    for number in range(count):
        asked = text(draw, 350) if number % 500 else f"{RARE} {text(draw, 342)}"
        messages = (("system", text(draw, 300)), ("user", asked))
        yield Call(draw.choice(MODELS), messages, text(draw, 450), 160 + number % 50, 110)


def conversations(count: int, seed: int = 1) -> Iterator[Call]:
    """Conversations of fifty turns, each of which sends its history again; 40 kB of distinct text in each."""
    draw = random.Random(seed)
    for number in range(count):
        history: list[tuple[str, str]] = [("system", "Answer exactly.")]
        for _ in range(TURNS):
            history.append(("user", text(draw, 350)))
            answer = text(draw, 450)
            yield Call(MODELS[number % 4], tuple(history), answer, len(history) * 80, 110, f"conversation {number}")
            history.append(("assistant", answer))


class Backend(ABC):
    """A store under test, in a folder of its own.

    Attributes:
        idle_seconds: what `settle` waited at its end only to be sure.
    """

    idle_seconds = 0.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepared(self, call: Call) -> Any:
        """What a program has in its hands anyway when the call returns; not timed."""
        return call

    @abstractmethod
    def write(self, given: Any) -> None:
        """Traces one call; what the calling thread does here is what tracing adds to it."""

    @abstractmethod
    def settle(self) -> None:
        """Returns when everything is durable and can be asked for, or will never be."""

    @abstractmethod
    def count(self) -> int:
        """The calls that can be asked for."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Bytes on disk; `store` is what counts."""

    def reads(self) -> dict[str, Callable[[], int]]:
        """Questions by name, each of which gives the number of rows that it found."""
        return {}

    def flush(self) -> None:  # noqa: B027 - most have nothing to wait for
        """What one process of a crowd waits for at its end, so that nothing is left in its memory."""

    def close(self) -> None:  # noqa: B027 - most have started nothing
        """Ends what was started."""


def on_disk(*paths: Path) -> int:
    """Bytes of these files and folders, where they are."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    return sum(file.stat().st_size for file in files)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came out."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def burst(backend: Backend, count: int) -> dict[str, Any]:
    """Writes calls back to back, waits until all can be asked for, and asks."""
    for call in calls(_WARM, seed=9):
        backend.write(backend.prepared(call))
    backend.settle()
    before = backend.count()
    given = [backend.prepared(call) for call in calls(count)]
    added: list[float] = []
    gc.collect()
    gc.disable()
    for one in given:
        begun = time.perf_counter_ns()
        backend.write(one)
        added.append((time.perf_counter_ns() - begun) / 1000)
    gc.enable()
    seconds, stored = timed(lambda: (backend.settle(), backend.count())[1])
    ordered = sorted(added)
    result: dict[str, Any] = {
        "p50_us": statistics.median(added),
        "p99_us": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        "durable_seconds": seconds - backend.idle_seconds,
        "lost": count - (stored - before),
        "bytes": backend.sizes(),
    }
    for name, ask in backend.reads().items():
        ask()
        taken = [timed(ask) for _ in range(5)]
        result[f"{name}_ms"] = statistics.median(second for second, _ in taken) * 1000
        result[f"{name}_rows"] = taken[-1][1]
    return result


def tell(backend: Backend, count: int) -> dict[str, Any]:
    """Writes conversations; the bytes that they take."""
    distinct = repeated = 0
    for call in conversations(count):
        backend.write(backend.prepared(call))
        distinct += len(call.messages[-1][1]) + len(call.answer)
        repeated += sum(len(said) for _, said in call.messages) + len(call.answer)
    backend.settle()
    stored = backend.count()
    backend.close()
    lost = count * TURNS - stored
    return {"bytes": backend.sizes(), "distinct_bytes": distinct, "sent_bytes": repeated, "lost": lost}


def crowd(backend: Backend, count: int, processes: int) -> dict[str, Any]:
    """Several processes write at once into one store; those that fail have lost what they did not write."""
    command = [sys.executable, sys.argv[0], "one", str(backend.folder), str(count)]
    running = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(processes)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
    before = backend.count()
    begun = time.perf_counter()
    for process in running:
        assert process.stdin is not None
        process.stdin.write(_GO)
        process.stdin.flush()
    ended = [json.loads(process.communicate()[0] or "{}") for process in running]
    written = time.perf_counter() - begun
    backend.settle()
    seconds = time.perf_counter() - begun - backend.idle_seconds
    stored = backend.count() - before
    return {
        "calls": count * processes,
        "written_per_second": count * processes / max((one.get("seconds", written) for one in ended), default=written),
        "stored_per_second": stored / seconds,
        "lost": count * processes - stored,
        "refused": sum(one.get("refused", 0) for one in ended),
    }


def one(backend: Backend, count: int, seed: int) -> dict[str, Any]:
    """One of a crowd: says that it is ready, waits for the word, writes."""
    given = [backend.prepared(call) for call in calls(count, seed=seed + 100)]
    for call in calls(_WARM, seed=seed + 900):
        with contextlib.suppress(Exception):
            backend.write(backend.prepared(call))
    backend.flush()
    print("ready", flush=True)
    sys.stdin.readline()
    refused = 0
    begun = time.perf_counter()
    for call in given:
        try:
            backend.write(call)
        except Exception:  # noqa: BLE001 - whatever a peer raises: the call is lost, and counted
            refused += 1
    seconds = time.perf_counter() - begun
    backend.flush()
    return {"seconds": seconds, "refused": refused}


def main(make: Callable[[Path], Backend], version: str) -> None:
    """Does what the command line asks with this backend, and prints the result."""
    task, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    backend = make(folder)
    try:
        if task == "burst":
            result = burst(backend, count)
        elif task == "conversations":
            result = tell(backend, count)
        elif task == "crowd":
            result = crowd(backend, count, int(sys.argv[4]))
        else:
            result = one(backend, count, int(sys.argv[4]))
    finally:
        backend.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(result | {"version": version, "peak_bytes": peak}), flush=True)
