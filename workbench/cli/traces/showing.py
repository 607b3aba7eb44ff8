"""One trace, or one span of it, as a tree: what happened, for how long, what it cost and what was said."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from workbench.cli.table import as_json, printable
from workbench.cli.traces.arguments import Actions, opened
from workbench.errors import OptionError
from workbench.prices import dollars
from workbench.traces import Store

__all__ = ["add_to", "read_trace"]

_LINES: Final = 6
_WIDTH: Final = 100
_MOST: Final = 5

_LAST: Final = "SELECT trace_id, NULL AS span_id FROM spans ORDER BY started_at DESC, span_id LIMIT 1"
_NAMED: Final = """
    SELECT DISTINCT trace_id, NULL AS span_id FROM spans WHERE starts_with(trace_id, $id)
    UNION ALL SELECT trace_id, span_id FROM spans WHERE starts_with(span_id, $id)
    LIMIT 6
"""


def add_to(actions: Actions) -> None:
    """Adds `show`."""
    parser = actions.add(
        "show", "a trace, or a span and what is below it, as a tree", "workbench traces show last", _show, table=True
    )
    parser.add_argument("id", metavar="TRACE_OR_SPAN", help="its id, or how it begins; `last` is the latest trace")
    parser.add_argument("--no-messages", action="store_true", help="only the tree")
    parser.add_argument("--full", action="store_true", help="messages whole, not their first lines")


def read_trace(store: Store, given: str) -> Iterator[dict[str, Any]]:
    """Each span of a trace, or of what is below a span, in the order of the tree, with its messages.

    Args:
        store: where it is.
        given: an id or how it begins; `last` is the latest trace.

    Raises:
        OptionError: none has such an id, or several have.
    """
    from workbench.traces.questions import messages, tree

    trace_id, span_id = _found(store, given)
    spans = _below(tree(trace_id, store).to_dicts(), span_id)
    return _with_messages(spans, messages(trace_id, store).to_dicts())


def _show(given: argparse.Namespace) -> int:
    from workbench.traces.questions import messages, tree

    store = opened(given)
    trace_id, span_id = _found(store, given.id)
    spans = _below(tree(trace_id, store).to_dicts(), span_id)
    said = [] if given.no_messages else messages(trace_id, store).to_dicts()
    if given.json:
        print(as_json(_with_messages(spans, said)))
        return 0
    print(_heading(trace_id, spans))
    seen: set[str] = set()
    for span in spans:
        indent = "  " * (span["depth"] - spans[0]["depth"])
        print(f"{indent}{_line(span)}")
        own = [message for message in said if message["span_id"] == span["span_id"]]
        for line in _said(own, seen, whole=given.full):
            print(f"{indent}    {line}")
    return 0


def _found(store: Store, given: str) -> tuple[str, str | None]:
    """The trace that is meant, and the span where one is."""
    rows = store.query(_LAST).rows() if given == "last" else store.query(_NAMED, id=given.lower()).rows()
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise OptionError(
            f"No trace or span has an id that begins with {given!r}.", hint="workbench traces list --json"
        )
    names = ", ".join(span or trace for trace, span in rows[:_MOST]) + (", …" if len(rows) > _MOST else "")
    raise OptionError(f"Several ids begin with {given!r}: {names}.", hint="give more of the id")


def _below(spans: list[dict[str, Any]], span_id: str | None) -> list[dict[str, Any]]:
    """All spans in the order of the tree; or this one and those after it that lie deeper."""
    if span_id is None:
        return spans
    start = next((place for place, span in enumerate(spans) if span["span_id"] == span_id), None)
    if start is None:
        raise OptionError(f"The span {span_id!r} lies behind the first {len(spans)} of its trace.")
    below = [spans[start]]
    for span in spans[start + 1 :]:
        if span["depth"] <= spans[start]["depth"]:
            break
        below.append(span)
    return below


def _with_messages(spans: Sequence[dict[str, Any]], messages: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for span in spans:
        said: dict[str, list[Any]] = {"input": [], "output": []}
        for message in messages:
            if message["span_id"] == span["span_id"]:
                said[message["direction"]].append(json.loads(message["body"]))
        yield {**span, "messages": said}


def _heading(trace_id: str, spans: Sequence[Mapping[str, Any]]) -> str:
    words = f"trace {trace_id}  {spans[0]['started_at'].isoformat(' ', 'seconds')} UTC"
    whole = spans[0]["trace_spans"]
    return f"{words}  {len(spans):,} of {whole:,} spans" if whole > len(spans) else f"{words}  {whole:,} spans"


def _line(span: Mapping[str, Any]) -> str:
    tokens = ""
    if span["input_tokens"] is not None or span["output_tokens"] is not None:
        tokens = f"{_number(span['input_tokens'])} → {_number(span['output_tokens'])} tokens"
    cost = dollars(span["cost_usd"]) if span["cost_usd"] is not None else ""
    wrong = None if span["status"] == "ok" else span["status"]
    error = ": ".join(word for word in (span["error_type"], span["error_message"]) if word)
    words = [_seconds(span["duration_ms"]), tokens, cost, wrong, error]
    line = "  ".join([span["name"], *(word for word in words if word), f"[{span['span_id']}]"])
    return " ".join(printable(line).split("\n"))


def _said(messages: Sequence[Mapping[str, Any]], seen: set[str], *, whole: bool) -> Iterator[str]:
    """Each message as a few lines; what was shown above is only counted."""
    again = 0
    for message in messages:
        if message["direction"] == "input" and message["message_hash"] in seen:
            again += 1
            continue
        if again:
            yield f"({again} messages as above)"
            again = 0
        seen.add(message["message_hash"])
        yield from _message(json.loads(message["body"]), whole=whole)
    if again:
        yield f"({again} messages as above)"


def _message(body: Mapping[str, Any], *, whole: bool) -> Iterator[str]:
    from workbench.traces.questions.messages import part_words

    lines = [line for part in body["parts"] for line in printable(part_words(part)).split("\n")]
    shown = lines if whole else lines[:_LINES]
    for number, line in enumerate(shown):
        who = f"{body['role']}:" if not number else ""
        text = line if whole or len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
        yield f"{who:<10} {text}".rstrip()
    if len(lines) > len(shown):
        yield f"{'':<10} … {len(lines) - len(shown)} more lines (--full)"


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _seconds(milliseconds: float | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds / 1000:.2f} s" if milliseconds >= 1000 else f"{milliseconds:.3g} ms"
