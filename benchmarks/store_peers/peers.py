"""The peers: which script each is, what it needs, and how much of the work it is given."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """A script, what it needs, and how much of the work it is given: slow ones get less.

    Args:
        script: in `store_peers/`.
        module: what its Python must have; empty where ours has it.
        install: how to get it.
        calls: of a burst.
        crowd: calls of each of four processes; 0 leaves the part out.
        conversations: 0 leaves the part out.
        environment: variables that it is run with.
    """

    script: str
    module: str = ""
    install: str = ""
    calls: int = 5000
    crowd: int = 0
    conversations: int = 0
    environment: tuple[tuple[str, str], ...] = ()


_ASYNC = (("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "true"),)
PEERS = {
    "ours": Peer("ours.py", crowd=5000, conversations=50),
    "jsonl": Peer("jsonl_append.py", crowd=1000, conversations=50),
    "otel": Peer("otel_memory.py"),
    "duckdb_retry": Peer("duckdb_retry.py", calls=500, crowd=100, conversations=4),
    "llm": Peer("llm_sqlite.py", "llm", "llm", crowd=1000, conversations=50),
    "mlflow": Peer("mlflow_sqlite.py", "mlflow", "mlflow", calls=300, conversations=4),
    "mlflow_async": Peer("mlflow_sqlite.py", "mlflow", "mlflow", crowd=250, environment=_ASYNC),
    "phoenix": Peer("phoenix_sqlite.py", "phoenix", "arize-phoenix", crowd=250, conversations=50),
}
# what a quick run gives a peer, where that is less
QUICK = {
    "duckdb_retry": Peer("", calls=50, crowd=20),
    "llm": Peer("", calls=300, crowd=200),
    "mlflow": Peer("", calls=40),
    "mlflow_async": Peer("", calls=0),
    "phoenix": Peer("", calls=0),
}


def pythons_of(names: Sequence[str], given: Sequence[str]) -> dict[str, str]:
    """The Python of each peer that is installed; the others are named with the way to get them."""
    chosen = dict(one.split("=", 1) for one in given)
    found: dict[str, str] = {}
    for name in names:
        peer, family = PEERS[name], name.split("_")[0]
        python = chosen.get(family) or os.environ.get(f"WORKBENCH_PYTHON_OF_{family.upper()}") or sys.executable
        check = [python, "-c", f"import importlib.util as u, sys; sys.exit(u.find_spec({peer.module!r}) is None)"]
        if peer.module and subprocess.run(check, capture_output=True, check=False).returncode:
            where = f"in a Python of its own, and give --python-of {family}=/path/to/python"
            print(f"{name} is not installed and left out: pip install {peer.install} {where}")
        else:
            found[name] = python
    return found
