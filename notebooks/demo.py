"""Runs the quickstart with the pocket model and says what was traced: what `make demo` does after installing.

    python notebooks/demo.py [notebook]

Takes about a minute on two cores. It writes to a store of its own, `.workbench/demo/`, made anew each time; leaves the
executed notebook in `notebooks/executed/` and `quickstart.html`, which opens without Jupyter; and ends with one line of
JSON. Calls are counted where the model is asked, rows where they are stored; the exit status is 1 unless they agree.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parents[1]
SPENT = """
    SELECT count(*) AS traced, coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
           coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
           CASE WHEN count(*) = count(cost_usd) THEN coalesce(sum(cost_usd), 0) END AS cost_usd
    FROM spans WHERE operation = 'chat' AND status <> 'running'"""
SCORED = """
    SELECT program, count(*) FILTER (bool) AS correct, count(bool) AS scored
    FROM scores JOIN samples USING (run_id, program, sample_id, repetition)
    WHERE kind = 'bool' GROUP BY program HAVING count(bool) > 0 ORDER BY max(samples.started_at)"""


def count_calls(tally: str) -> None:
    """Inside the kernel: appends one byte to the file `tally` for each question that reaches the pocket model."""
    from workbench.models.pocket import PocketModel  # brings JAX: only the kernel needs it

    descriptor = os.open(tally, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def counted(ask: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(ask)
        def asked(*arguments: Any, **options: Any) -> Any:
            os.write(descriptor, b".")
            return ask(*arguments, **options)

        return asked

    PocketModel.reply = counted(PocketModel.reply)
    PocketModel.stream = counted(PocketModel.stream)


def execute(path: Path, folder: Path) -> tuple[Any, int, float]:
    """Runs a notebook with a fresh store in `folder`: the executed notebook, the calls made, the seconds taken."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tally = folder / "calls"
    counting = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'notebooks')!r}); import demo; demo.count_calls({str(tally)!r})"
    )
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=[f"--IPKernelApp.exec_lines={counting}", "--log-level=ERROR"],
        store_widget_state=False,
    )
    environment = {
        "WORKBENCH_STORE": str(folder / "traces.duckdb"),
        "WORKBENCH_NOTEBOOK": path.name,
        "JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "cpu"),
    }
    began = time.perf_counter()
    client.execute(env=os.environ | environment)
    seconds = time.perf_counter() - began
    return notebook, tally.stat().st_size if tally.exists() else 0, seconds


def keep(notebook: Any, name: str) -> tuple[Path, Path]:
    """Writes the executed notebook, and the page that needs neither Jupyter nor a network."""
    executed, page = ROOT / "notebooks" / "executed" / f"{name}.ipynb", ROOT / f"{name}.html"
    executed.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, executed)
    offline = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="", mermaid_js_url="")
    html, _ = offline.from_notebook_node(notebook, {"metadata": {"name": name}})
    page.write_text(html.replace('<script src=""></script>', ""), encoding="utf-8")
    return executed, page


def summarise(calls: int, seconds: float, store_path: Path) -> dict[str, Any]:
    """Prints what the store says, and gives it as the last line's object."""
    from workbench.evaluate import wilson
    from workbench.traces import Store

    store = Store(store_path)
    spent = store.query(SPENT).row(0, named=True)
    programs = store.query(SCORED).rows(named=True)
    store.close()
    price = "unknown" if spent["cost_usd"] is None else f"${spent['cost_usd']:.2f}"
    print(f"  {calls} calls to the model, {spent['traced']} traced as rows of the store")
    print(f"  {spent['input_tokens']:,} input and {spent['output_tokens']:,} output tokens, cost {price}")
    accuracy = low = high = None
    for row in programs:  # the last one is compared with those before it, and goes into the JSON
        interval = wilson(row["correct"], row["scored"])
        accuracy, low, high = (
            round(value, 4) for value in (row["correct"] / row["scored"], interval.low, interval.high)
        )
        found = f"{row['correct']} of {row['scored']} right, {accuracy:.0%} [{low:.0%}, {high:.0%}]"
        print(f"  {row['program']!r}: {found}")
    print(f"  {seconds:.1f} seconds")
    return {
        "calls": calls,
        **spent,
        "accuracy": accuracy,
        "accuracy_low": low,
        "accuracy_high": high,
        "seconds": round(seconds, 1),
    }


def main() -> int:
    """Runs, keeps, summarises; 1 where a cell failed or a call was not traced."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "notebooks" / "quickstart.ipynb").resolve()
    folder = ROOT / ".workbench" / "demo"
    print(f"Running {path.name} with the pocket model: no key, no network.", flush=True)
    try:
        notebook, calls, seconds = execute(path, folder)
    except CellExecutionError as error:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
        print(f"{path.name} stopped at a cell that failed:\n\n{plain}", file=sys.stderr)
        return 1
    executed, page = keep(notebook, path.stem)
    figures = summarise(calls, seconds, folder / "traces.duckdb")
    print(f"\nWritten: {page.relative_to(ROOT)} (open it in a browser) and {executed.relative_to(ROOT)}")
    print("Go on:   make lab                          opens JupyterLab on the notebook")
    print("         export OPENAI_API_KEY=…           then, in a cell: %%llm -m openai:gpt-5-mini")
    if figures["traced"] != calls:
        print(f"{calls} calls were made and {figures['traced']} traced: that is a fault.", file=sys.stderr)
    print(json.dumps(figures))
    return int(figures["traced"] != calls)


if __name__ == "__main__":
    raise SystemExit(main())
