"""Runs every benchmark and writes `benchmarks/RESULTS.md` from their last lines: what `make bench` does.

    python benchmarks/results.py [--quick]

Takes as long as all of them (`--quick`: up to a minute each). A missed aim is written down and is no failure; a
benchmark that does not end with its JSON object is one.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HEAD = "| figure | value | interval | n | aim | met | peers |\n|---|---:|---|---:|---:|---|---|"


def measured(path: Path, *, quick: bool) -> dict[str, Any]:
    """One benchmark's figures; its table goes to the terminal as it comes."""
    command = [sys.executable, str(path), *(["--quick"] if quick else [])]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        return {"name": path.stem, "failed": f"exit status {process.returncode}, and its last line is no JSON object"}


def number(value: Any) -> str:
    """A figure as people read it; unknown is a dash."""
    if value is None:
        return "–"
    return f"{value:,.4g}" if isinstance(value, float) else f"{value}"


def row(figure: dict[str, Any]) -> str:
    """One figure as a row of its table."""
    low, high = figure.get("low"), figure.get("high")
    met = "–" if figure.get("met") is None else "yes" if figure["met"] else "**no**"
    peers = ", ".join(f"{name} {number(value)}" for name, value in (figure.get("peers") or {}).items())
    cells = (
        figure["figure"] + (f" ({figure['why']})" if figure.get("why") else ""),
        f"{number(figure.get('value'))} {figure.get('unit') or ''}".strip(),
        "–" if low is None or high is None else f"{number(low)} … {number(high)}",
        number(figure.get("n")),
        number(figure.get("aim")),
        met,
        peers or "–",
    )
    return f"| {' | '.join(cells)} |"


def section(result: dict[str, Any]) -> str:
    """One benchmark's part of the page."""
    title = f"## {result['name']}\n\n`python benchmarks/{result['file']}`"
    if "failed" in result:
        return f"{title}: **failed**, {result['failed']}."
    rows = "\n".join(row(figure) for figure in result["figures"])
    where = f"{number(result.get('seconds'))} s on {result.get('machine', 'an unnamed machine')}"
    return f"{title}: {where}.\n\n{HEAD}\n{rows}"


def main() -> int:
    """Runs all, writes the page; 1 where one failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="each within a minute, with wider intervals")
    quick = parser.parse_args().quick
    results: list[dict[str, Any]] = []
    for path in sorted(HERE.glob("*.py")):
        if path.name != Path(__file__).name:
            print(f"\n{path.name}", flush=True)
            results.append(measured(path, quick=quick) | {"file": path.name})
    today = datetime.datetime.now(datetime.UTC).date()
    how = "make bench" if not quick else "python benchmarks/results.py --quick"
    head = f"Written by `{how}` on {today}. A dash is unknown or not asked; an aim that was missed says **no**."
    page = "\n\n".join(["# Results", head, *map(section, results)])
    (HERE / "RESULTS.md").write_text(page + "\n", encoding="utf-8")
    return int(any("failed" in result for result in results))


if __name__ == "__main__":
    raise SystemExit(main())
