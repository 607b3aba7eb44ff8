"""The page: one HTML file that holds its data, its script and its style, and asks nobody for anything."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from string import Template
from typing import Any, Final

from workbench.traces.bundle.slice import Slice, parquet_files
from workbench.traces.conventions import CALLS
from workbench.traces.encoding import dumps, utf8

__all__ = ["page"]

_SCRIPTS: Final = ("words", "elements", "data", "details", "trace", "list", "main")
_EPOCH: Final = datetime(1970, 1, 1)
_TIMES: Final = ("started_at", "ended_at")
_SCORE: Final = ("scorer", "kind", "bool", "number", "label", "low", "high", "reason")


def page(given: Slice, title: str) -> str:
    """The slice as a page.

    Its data is base64, in which nothing can end the element that holds it; its script sets data as text only; and its
    policy allows that one script and style, by their hashes, and no request at all.

    Args:
        given: what it shows.
        title: its heading.
    """
    viewer = files("workbench.traces.bundle") / "viewer"
    parts = [(viewer / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    script = '"use strict";\n' + "\n".join(parts)
    style = (viewer / "style.css").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    template = Template((viewer / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        policy=policy,
        title=html.escape(title),
        style=style,
        script=script,
        data=_base64(gzip.compress(utf8(dumps(_shown(given))), mtime=0)),
        tables=_base64(parquet_files(given)),
    )


def _shown(given: Slice) -> dict[str, Any]:
    """What the page's script reads: rows without their unknown values, by the span or trace that they belong to."""
    tables = given.tables
    messages: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for place in sorted(tables["span_messages"], key=lambda row: row["position"]):
        messages[place["span_id"]][place["direction"]].append(place["message_hash"])
    traces = {(row["run_id"], row["program"], row["sample_id"], row["repetition"]): row for row in tables["samples"]}
    scores: defaultdict[str, list[Any]] = defaultdict(list)
    for score in tables["scores"]:
        sample = traces.get((score["run_id"], score["program"], score["sample_id"], score["repetition"]))
        if sample is not None and sample["trace_id"]:
            scores[sample["trace_id"]].append(_known({name: score[name] for name in _SCORE}))
    return {
        "about": _about(given),
        "calls": sorted(CALLS),
        "spans": [_span(row) for row in sorted(tables["spans"], key=lambda row: (row["started_at"], row["span_id"]))],
        "messages": {row["message_hash"]: row["body"] for row in tables["messages"]},
        "span_messages": messages,
        "attempts": _by_span(tables["attempts"]),
        "feedback": _by_span(tables["feedback"]),
        "scores": scores,
    }


def _about(given: Slice) -> str:
    made = f"Made {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. Keys were cut out. Times are UTC."
    return f"{made} {given.left_out:,} older traces are not in this file." if given.left_out else made


def _span(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = _known({name: value for name, value in row.items() if name not in _TIMES})
    return shown | {"started_us": round((row["started_at"] - _EPOCH).total_seconds() * 1e6)}


def _by_span(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    grouped: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        kept = {name: value for name, value in row.items() if not name.endswith("_id")}
        grouped[row["span_id"]].append(_known(kept))
    return grouped


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _hash(text: str) -> str:
    return f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
