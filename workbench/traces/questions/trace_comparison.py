"""Two traces side by side: structure, words, tokens, cost and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from workbench.traces.conventions import CALLS
from workbench.traces.questions.alignment import aligned, differences
from workbench.traces.questions.forest import Forest, Node, read_forest
from workbench.traces.store import Store
from workbench.traces.store import store as current_store

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TraceComparison", "compare_traces"]

_MOST: Final = 10_000
_NUMBERS: Final = ("duration_ms", "input_tokens", "output_tokens", "cost_usd")
_WORDS: Final = """
    SELECT span_id, direction, position, message_hash FROM span_messages
    WHERE span_id IN (SELECT span_id FROM spans WHERE trace_id = $trace_id) ORDER BY span_id, direction, position"""
_TEXTS: Final = """
    SELECT message_hash, role, concat_ws(chr(10), nullif(text, ''), tool_text) AS text
    FROM messages WHERE list_contains($hashes, message_hash)"""

# span -> direction -> hashes of its messages
Said: TypeAlias = dict[str, dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class TraceComparison:
    """How trace `b` differs from trace `a`.

    Attributes:
        nodes: one row for each span of either, in depth-first order: place (such as `0.2.1`), depth, change (`same`,
            `renamed`: the operation is the same and the name is not, `removed`, `added`), operation, name_a, name_b,
            span_a, span_b, status_a, status_b, words_differ (what it read or wrote), and of duration_ms, input_tokens,
            output_tokens and cost_usd each *_a, *_b and *_change (NULL where one is unknown).
        words: for each pair whose messages differ, word by word: place, span_a, span_b, direction, position, role,
            step (`equal`, `replace`, `delete`, `insert`), text_a, text_b.
        totals: for spans, calls, errors, duration_ms, input_tokens, output_tokens, cost_usd: a, b, change.
    """

    nodes: pl.DataFrame
    words: pl.DataFrame
    totals: pl.DataFrame


def compare_traces(a: str, b: str, store: Store | None = None, *, limit: int = _MOST) -> TraceComparison:
    """Compares two traces, span by span.

    Spans correspond by their place: roots first, then among the children of corresponding spans the longest common
    subsequence of names, and of operations where names differ.

    Args:
        a: the trace before.
        b: the trace after.
        store: where they are; the process's own by default.
        limit: spans of each at most, the earliest ones.

    Raises:
        OptionError: there is no such trace.
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    import polars as pl

    chosen = store or current_store()
    before, after = read_forest(chosen, a, limit), read_forest(chosen, b, limit)
    said = [_said(chosen, trace_id) for trace_id in (a, b)]
    pairs = list(aligned(before.roots, after.roots))
    nodes = [_node(place, one, other, *said) for place, one, other in pairs]
    floats = dict.fromkeys((f"{name}{end}" for name in _NUMBERS for end in ("_a", "_b", "_change")), pl.Float64())
    return TraceComparison(
        nodes=pl.DataFrame(nodes, schema_overrides=floats, infer_schema_length=None),
        words=_words(chosen, pairs, *said),
        totals=_totals(before, after),
    )


def _said(store: Store, trace_id: str) -> Said:
    said: Said = {}
    for span_id, direction, _, digest in store.query(_WORDS, trace_id=trace_id).iter_rows():
        said.setdefault(span_id, {}).setdefault(direction, []).append(digest)
    return said


def _node(place: tuple[int, ...], one: Node | None, other: Node | None, a: Said, b: Said) -> dict[str, Any]:
    rows = [{} if node is None else node.row for node in (one, other)]
    change = "same"
    if one is None or other is None:
        change = "added" if one is None else "removed"
    elif one.row["name"] != other.row["name"]:
        change = "renamed"
    row: dict[str, Any] = {
        "place": ".".join(map(str, place)),
        "depth": len(place) - 1,
        "change": change,
        "operation": rows[0].get("operation") or rows[1].get("operation"),
    }
    for name, column in (("name", "name"), ("span", "span_id"), ("status", "status")):
        row |= {f"{name}_a": rows[0].get(column), f"{name}_b": rows[1].get(column)}
    row["words_differ"] = None if one is None or other is None else a.get(one.span_id) != b.get(other.span_id)
    for name in _NUMBERS:
        row |= _change(name, rows[0].get(name), rows[1].get(name))
    return row


def _change(name: str, a: float | None, b: float | None) -> dict[str, float | None]:
    return {f"{name}_a": a, f"{name}_b": b, f"{name}_change": None if a is None or b is None else b - a}


def _words(store: Store, pairs: list[tuple[tuple[int, ...], Node | None, Node | None]], a: Said, b: Said) -> Any:
    """Of each pair of messages that are not the same, how one becomes the other."""
    import polars as pl

    changed: list[tuple[dict[str, Any], str | None, str | None]] = []
    for place, one, other in pairs:
        if one is None or other is None:
            continue
        for direction in ("input", "output"):
            old, new = (side.get(node.span_id, {}).get(direction, []) for side, node in ((a, one), (b, other)))
            for position in range(max(len(old), len(new))):
                first = old[position] if position < len(old) else None
                second = new[position] if position < len(new) else None
                if first != second:
                    at = {"place": ".".join(map(str, place)), "span_a": one.span_id, "span_b": other.span_id}
                    changed.append((at | {"direction": direction, "position": position}, first, second))
    hashes = sorted({one for _, *both in changed for one in both if one is not None})
    known = {row[0]: row[1:] for row in store.query(_TEXTS, hashes=hashes).iter_rows()} if hashes else {}
    rows = [
        at | {"role": (known.get(second) or known.get(first) or (None,))[0], "step": step, "text_a": x, "text_b": y}
        for at, first, second in changed
        for step, x, y in differences(known.get(first, ("", ""))[1], known.get(second, ("", ""))[1])
    ]
    text = ("place", "span_a", "span_b", "direction", "position", "role", "step", "text_a", "text_b")
    return pl.DataFrame(rows, {name: pl.Int64 if name == "position" else pl.String for name in text})


def _totals(before: Forest, after: Forest) -> pl.DataFrame:
    import polars as pl

    sides = [_sums(found) for found in (before, after)]
    rows = [{"measure": name, **dict(zip("ab", (side[name] for side in sides), strict=True))} for name in sides[0]]
    frame = pl.DataFrame(rows, {"measure": pl.String, "a": pl.Float64, "b": pl.Float64})
    return frame.with_columns(change=pl.col("b") - pl.col("a"))


def _sums(found: Forest) -> dict[str, float | None]:
    """What a trace comes to; tokens and cost are of its model calls, and unknown where one of them is."""
    calls = [node.row for node in found.nodes if node.row["operation"] in CALLS]
    sums: dict[str, float | None] = {
        "spans": float(found.spans),
        "calls": float(len(calls)),
        "errors": float(sum(node.row["status"] == "error" for node in found.nodes)),
        "duration_ms": found.end_ms,
    }
    for name in ("input_tokens", "output_tokens", "cost_usd"):
        values = [row[name] for row in calls]
        sums[name] = None if None in values else float(sum(values))
    return sums
