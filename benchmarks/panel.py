"""The panel in Chromium over a store of a million spans: from the click to what is painted, and what the server takes.

    python benchmarks/panel.py [--quick] [--folder FOLDER] [--labextension FOLDER] [--only server,browser]
        [--python-of mlflow=/path/to/python]

Takes 5 minutes once the store is made (`--quick`: 20,000 spans, no peers, a minute). The store is that of
`benchmarks/store.py --folder FOLDER`, copied, with a trace of 10,000 spans and one of 1,000; a million spans are made
once, in 4 minutes, and need 2 GB with the copy. It needs JupyterLab with the extension (`--labextension FOLDER` takes
one that was built into FOLDER/labextensions), Node, Chromium (WORKBENCH_CHROMIUM says where) and the modules of
`extension/ui-tests`; where one is missing, the browser's figures are left out and say why. A peer runs in a Python of
its own:

    uv venv /tmp/mlflow && uv pip install --python /tmp/mlflow/bin/python mlflow         # phoenix: arize-phoenix
    python benchmarks/panel.py --python-of mlflow=/tmp/mlflow/bin/python

The server's figures are of whole HTTP answers on the loopback. In the browser, time begins with the event (click,
choice, key, command) and ends after the frame that paints the rows; a search includes the pause after the last key. A
peer's page, which is open at its list already, is measured from its new address to the first text of a span.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from panel_work.lab import Lab, lab
from reporting import Figure, aimed, figure, finish

HERE = Path(__file__).resolve().parent
UI_TESTS = HERE.parent / "extension" / "ui-tests"
# peer -> what its Python must have, and how to get it
PEERS = {"mlflow": ("mlflow", "mlflow"), "phoenix": ("phoenix", "arize-phoenix")}
RARE = "zyzzyva"
MODELS = ("gpt-4o", "gpt-4o-mini", "o3-mini", "gpt-4.1")
# what the panel and the dashboard ask, by the name of the figure
QUESTIONS = {
    "page": "traces",
    "page_of_model": "traces?model=gpt-4o",
    "page_of_notebook": "traces?notebook=work/3.ipynb",
    "page_of_cost": "traces?min_cost_usd=0.013",
    "page_of_errors": "traces?status=error",
    "totals": "totals",
    "totals_of_model": "totals?model=gpt-4o",
    "facets": "facets",
    "search": f"traces?q={RARE}",
    "sessions": "sessions",
    "usage_by_model": "usage?by=model&bucket=week",
    "trace_10000_screen": "traces/{ten_thousand}/screen",
    "trace_10000": "traces/{ten_thousand}",
    "trace_1000": "traces/{thousand}",
    "changes": "changes",
}


def server(found: Lab, store: Path, traces: dict[str, str], repeats: int) -> list[Figure]:
    """Each question over HTTP, `repeats` times after one that is not counted; none is answered from memory."""
    figures: list[Figure] = []
    for name, question in QUESTIONS.items():
        address = question.format(**traces)
        found.get(address)
        answers: list[tuple[float, bytes]] = []
        for _ in range(repeats):
            os.utime(store)  # the server takes it for a store that was written
            answers.append(found.get(address))
        made = figure(f"server_{name}", [ms for ms, _ in answers], "ms")
        figures.append(made)
        again, _ = found.get(address)
        size = len(answers[-1][1])
        least = min(ms for ms, _ in answers)
        print(
            f"  {name:<20}{made['value']:>10,.1f} ms  (least {least:,.1f}, again {again:,.1f})  {size:>10,} bytes",
            flush=True,
        )
    return figures


def browser(
    labs: dict[str, Lab], store: Path, traces: dict[str, str], quick: bool, pages: dict[str, Any]
) -> list[Figure]:
    """The panel in Chromium, and the peers' pages; without what it needs, unknown figures that say why."""
    node, chromium = shutil.which("node"), os.environ.get("WORKBENCH_CHROMIUM") or shutil.which("chromium")
    modules = UI_TESTS / "node_modules"
    missing = [
        name for name, there in (("Node", node), ("Chromium", chromium), (str(modules), modules.is_dir())) if not there
    ]
    if missing:
        print(f"  the browser is left out, because there is no {' and no '.join(missing)}")
        return [unknown(name, f"no {missing[0]}") for name in ("first_page", "filter_change", "search", "trace_10000")]
    what = {
        "labs": {name: one.url for name, one in labs.items()},
        "token": labs["on"].token,
        "chromium": chromium,
        "modules": str(modules),
        "models": MODELS,
        "words": [RARE, RARE.title(), RARE.upper()],
        "store": str(store),
        "traces": traces,
        "repeats": dict(
            zip(("startup", "panel", "search", "trace"), (1, 2, 1, 1) if quick else (7, 8, 5, 5), strict=True)
        ),
        "pages": pages,
    }
    command = [str(node), str(HERE / "panel_work" / "browser.mjs"), json.dumps(what)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    if done.returncode:
        raise SystemExit(f"The browser failed: {done.stderr[-3000:]}")
    return told(json.loads(done.stdout.splitlines()[-1]))


@contextlib.contextmanager
def pages(pythons: Sequence[str], scratch: Path) -> Iterator[dict[str, Any]]:
    """The peers' own pages of a trace of a thousand spans, for as long as the block."""
    chosen = dict(one.split("=", 1) for one in pythons)
    found: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        for name, (module, install) in PEERS.items():
            python = chosen.get(name) or os.environ.get(f"WORKBENCH_PYTHON_OF_{name.upper()}") or sys.executable
            check = f"import importlib.util as u, sys; sys.exit(u.find_spec({module!r}) is None)"
            if not shutil.which(python) or subprocess.run([python, "-c", check], check=False).returncode:
                print(f"  {name} is left out: pip install {install} in a Python of its own, --python-of {name}=PYTHON")
                continue
            folder = scratch / name
            folder.mkdir()
            script = str(HERE / "panel_work" / f"{name}_page.py")
            log = stack.enter_context((folder / "log").open("w"))
            process = subprocess.Popen(
                [python, script, str(folder), "1000"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            stack.callback(process.communicate)  # its input ends, and so does it
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            told = next((line for line in lines if line.startswith("{")), "")
            if told:
                found[name] = json.loads(told)
            else:
                print(f"  {name} failed: {((folder / 'log').read_text().splitlines() or ['no word'])[-1][:200]}")
        yield found


def beside(
    labs: dict[str, Lab], store: Path, traces: dict[str, str], quick: bool, pythons: Sequence[str], scratch: Path
) -> list[Figure]:
    """The browser's part, with the peers' pages open to it where there is time for them."""
    if quick:
        return browser(labs, store, traces, quick, {})
    with pages(pythons, scratch) as found:
        return browser(labs, store, traces, quick, found)


def told(taken: dict[str, Any]) -> list[Figure]:
    """The browser's figures with what the panel aims at."""
    added = median(taken["startup_on"]) - median(taken["startup_off"])
    peers: dict[str, float | None] = {}
    for name, found in taken["pages"].items():
        known = [value for value in found if isinstance(value, int | float)]
        peers[name] = median(known) if known else None
        if not known:
            print(f"  {name}: {found[0]}")
    figures = [
        aimed(figure("first_page", taken["first_page"], "ms"), 500),
        aimed(figure("filter_change", taken["filter"], "ms"), 300),
        aimed(figure("search", taken["search"], "ms"), 1000),
        aimed(figure("trace_10000", taken["trace"], "ms"), 500),
        figure("trace_10000_whole", taken["trace_whole"], "ms"),
        aimed(figure("scrolling", taken["fps"], "frames/s"), 50, at_least=True),
        figure("longest_frame", taken["longest_frame"], "ms"),
        aimed({"figure": "startup_added", "value": round(added, 1), "unit": "ms", "n": len(taken["startup_on"])}, 50),
        figure("startup", taken["startup_on"], "ms"),
        aimed(figure("code_before_use", [size / 1000 for size in taken["bytes"]], "kB"), 150),
        figure("trace_1000", taken["trace_1000"], "ms") | ({"peers": peers} if peers else {}),
    ]
    for one in figures:
        aim = "" if "aim" not in one else f"aim {one['aim']:,} {'met' if one['met'] else 'MISSED'}"
        print(f"  {one['figure']:<20}{one['value']:>10,.1f} {one['unit']:<10}{aim}", flush=True)
    return figures


def unknown(name: str, why: str) -> Figure:
    """A figure that was not taken."""
    return {"figure": name, "value": None, "unit": "ms", "why": why}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="20,000 spans, and less of everything")
    parser.add_argument("--folder", type=Path, help="where the store is kept between runs")
    parser.add_argument("--labextension", type=Path, help="a folder with labextensions/research-workbench in it")
    parser.add_argument("--only", default="server,browser", help="which parts")
    parser.add_argument("--python-of", action="append", default=[], metavar="PEER=PYTHON")
    given = parser.parse_args()
    began, spans = time.perf_counter(), 20_000 if given.quick else 1_000_000
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = (given.folder or scratch).absolute()
        root = folder / f"panel-{spans}"
        store = root / ".workbench" / "traces.duckdb"
        making = HERE / "store_peers" / "panel_traces.py"
        made = subprocess.check_output(
            [sys.executable, str(making), str(root), str(folder / f"{spans}-spans"), str(spans)]
        )
        traces = json.loads(made.splitlines()[-1])
        with (
            lab(root, scratch, extensions=given.labextension, enabled=True) as on,
            lab(root, scratch, extensions=given.labextension, enabled=False) as off,
        ):
            parts: dict[str, Callable[[], list[Figure]]] = {
                "server": lambda: server(on, store, traces, 3 if given.quick else 10),
                "browser": lambda: beside({"on": on, "off": off}, store, traces, given.quick, given.python_of, scratch),
            }
            for part in given.only.split(","):
                print(f"\n{part}:")
                figures += parts[part]()
    finish("panel", began, figures, f"{spans:,} spans")


if __name__ == "__main__":
    main()
