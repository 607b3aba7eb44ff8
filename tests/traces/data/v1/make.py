"""Makes the store of schema version 1 that `test_first_version.py` carries forward.

    git worktree add /tmp/first 170e34a
    cd tests/traces/data/v1 && PYTHONPATH=/tmp/first python make.py .

Takes 5 seconds, and only the code of that commit can make it. `store.zip` is a store's folder as a killed process left
it: every table filled, spans and a run still `running`, records that are only in the journal, a torn last line.
`expected.json` is what the first version itself then answers about every table: each value as its Python text.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from workbench import traces
from workbench.errors import ModelError
from workbench.messages import (
    Image,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    assistant,
    system,
    tool_results,
    user,
)

MOMENT = datetime(2026, 11, 20, 12, 34, 56, 789012, tzinfo=UTC)
ODD = "naïve 数学 🧪 \u202e \x00 \ud800 'quoted' \"twice\" \\ back\nnew line"


def conversation() -> None:
    """A call with a tool, its attempts and links, seen through every column that a caller can set."""
    call = ToolCall("call_1", "add", {"a": 2, "b": [3, None, 1.5], "note": "sum"})
    broken = ToolCall("call_2", "add", '{"a": 2,')
    history = [system("Be exact."), user("What is 2 plus 3?", Image(bytes(range(64))))]
    place = {"notebook": "work/sums.ipynb", "cell_id": "c0ffee", "execution_count": 3, "conversation": "sums"}
    everywhere = traces.scope(**place, method="react", method_version="abc123", role="judge", phase="build")
    with everywhere, traces.span("invoke_agent", "invoke_agent react") as agent:
        agent.attribute("agent.depth", 2).attribute("odd", {"text": ODD, "list": [1, 2.5, None]})
        with traces.span("chat", "chat pocket:1m") as first:
            first.set(model="pocket:1m", provider="pocket", response_model="pocket-1m", response_id="r-1")
            first.set(finish_reason="tool_call", input_tokens=2**40, output_tokens=7, cache_read_tokens=3)
            first.set(cache_write_tokens=2, reasoning_tokens=4, usage_approximate=True, cost_usd=0.1 + 0.2)
            first.set(price_version="2026-11-01", time_to_first_chunk_ms=12.25)
            first.attempt(started_at=MOMENT, duration_ms=3.5, status_code=429, error_type="rate_limit",
                          error_message="slow down", retry_after_seconds=0.5)  # fmt: skip
            first.attempt(started_at=MOMENT, duration_ms=4.5, status_code=200)
            thought = Message("assistant", (Reasoning("I need a sum.", "sig"), Text("I add."), call, broken))
            first.input_messages(history).output_messages([thought])
        with traces.span("execute_tool", "execute_tool add") as tool:
            tool.set(tool_name="add", tool_version="t-1").reads(first.span_id)
        answered = tool_results(ToolResult("call_1", "add", {"sum": 5}), ToolResult("call_2", "add", "no JSON", True))
        with traces.span("chat", "chat pocket:1m") as second:
            second.set(model="pocket:1m", cost_reason="no price is known for 'pocket:1m'", input_tokens=0)
            second.reads(first.span_id, tool.span_id)
            second.input_messages([*history, thought, answered]).output_messages([assistant(f"It is 5. {ODD}")])


def failures() -> None:
    """A span that failed and one that was interrupted."""
    for error in (ModelError("The provider is down.", kind="unavailable"), KeyboardInterrupt()):
        try:
            with traces.span("chat", "chat openai:gpt"):
                raise error
        except (ModelError, KeyboardInterrupt):
            pass


def experiment() -> None:
    """Two nested runs with samples, scores, metrics, a tool and a data set."""
    odd = {"text": ODD, "nested": {"list": [1, 2.5, None, True]}}
    traces.record("tools", tool_version="t-1", name="add", description=ODD, parameters={"type": "object"},
                  source="def add(a, b):\n    return a + b\n", defined_at=MOMENT)  # fmt: skip
    traces.record("datasets", dataset_version="d-1", name="sums", split="test", items=12, source="generated",
                  licence="CC0-1.0", seen_at=MOMENT)  # fmt: skip
    outer = traces.run("evaluation", "sums", parameters=odd, seed=-7, source_version="s-1", dataset_version="d-1")
    with outer as run, traces.run("training", "inner", source_version="s-1") as inner:
        for number in range(40):
            key = {
                "run_id": run.run_id,
                "program": "direct",
                "sample_id": f"sums/{number:03d}",
                "repetition": number % 2,
            }
            with traces.scope(**key), traces.span("chat", "chat pocket") as span:
                span.set(model="pocket", input_tokens=number, output_tokens=1, cost_usd=0.0)
                span.input_messages([user("Count.")]).output_messages([assistant(f"{number}")])
            traces.record("samples", **key, position=number, input=f"{number} plus 1?", target=number + 1, output=odd,
                          output_text=ODD, output_kind="value", status="ok" if number else "error",
                          error_message=None if number else "ValueError: no", trace_id=span.trace_id,
                          started_at=MOMENT, duration_ms=1.5, calls=1, input_tokens=number, output_tokens=1,
                          cost_usd=0.0 if number else None, cost_reason=None if number else "unknown")  # fmt: skip
            traces.record("scores", **key, scorer="exact", kind="bool", bool=number % 3 == 0, scorer_version="v1")
            traces.record("scores", **key, scorer="label", kind="label", label=ODD, reason="because")
            traces.record("scores", **key, scorer="range", kind="interval", number=0.5, low=0.25, high=0.75)
            inner.metric("loss", float("nan") if number == 5 else 1 / (number + 1), step=number, task="a")
        inner.metric("accuracy", None, reason="nothing was right")


PARTS = {
    # all of it, folded at the end of the process: its segment goes into the archive
    "whole": lambda store: (conversation(), failures(), experiment()),
    # folded while spans and a run are open, then more, then killed in the middle of an append
    "killed": lambda store: _killed(store),
}


def _killed(store: traces.Store) -> None:
    traces.start_span("chat", "left open, folded")
    with traces.run("continual", "left running", source_version="s-1"):
        conversation()
        store.fold()
        conversation()
        traces.start_span("chat", "left open, not folded")
        segment = sorted(store.journal.folder.glob("*.jsonl"))[-1]
        with segment.open("ab") as file:
            file.write(b'{"span": {"span_id": "1234')
        os.kill(os.getpid(), signal.SIGKILL)


def texts(row: dict) -> dict:
    """Each value as its Python text, which is exact for numbers too."""
    return {column: None if value is None else str(value) for column, value in row.items()}


def main() -> None:
    given = Path(sys.argv[1])
    if len(sys.argv) > 2:
        PARTS[sys.argv[2]](traces.use(given))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "traces.duckdb"
        for part in PARTS:
            subprocess.run([sys.executable, __file__, str(path), part], check=False)
        with zipfile.ZipFile(given / "store.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for file in sorted(folder.rglob("*")):
                if file.is_file() and file.suffix != ".lock":
                    archive.write(file, file.relative_to(folder))
        store = traces.Store(path)  # only reads: it begins no session
        tables = store.query("SELECT table_name FROM duckdb_tables() ORDER BY 1")["table_name"].to_list()
        answers = {table: store.query(" ".join(["SELECT * FROM", table])).to_dicts() for table in tables}
        expected = {table: [texts(row) for row in rows] for table, rows in answers.items()}
        (given / "expected.json").write_text(json.dumps(expected, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
