"""One trace as rows of a tree with bars over time, and what was said: live in a page, and still as it is saved."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from workbench.errors import DataError, OptionError, StoreError
from workbench.traces import Store
from workbench.traces import store as current_store
from workbench.widgets.live import ReadMessages, TraceTables, live_place
from workbench.widgets.measures import model_calls
from workbench.widgets.theme import SERIES, label, price
from workbench.widgets.waterfall_picture import draw

if TYPE_CHECKING:
    import polars as pl

    from workbench.widgets.live.stage import Stage

__all__ = ["TraceView", "show", "trace_view"]

_NEEDED: Final = ("span_id", "name", "operation", "depth", "offset_ms", "end_ms", "status")
_COLOURS: Final = {"chat": SERIES[0], "execute_tool": SERIES[1], "plan_step": SERIES[2], "invoke_agent": SERIES[7]}
_ERROR: Final = SERIES[5]
_FAINT: Final = "70"  # of 255: the opacity of what the duration did not wait for
_GRID: Final = (
    "display:inline-grid;grid-template-columns:minmax(12em,2fr) 3fr 5.5em 8em 5em;gap:0 .8em;width:calc(100% - 1.4em)"
)
_TOOLS: Final = """
    SELECT span_id, attributes ->> '$."gen_ai.tool.call.arguments"' AS arguments,
        attributes ->> '$."gen_ai.tool.call.result"' AS result
    FROM spans WHERE trace_id = $trace_id AND operation = 'execute_tool'"""
_MARKS: Final = ("attempts", "feedback", "thumbs", "is_critical")  # columns that this view does not show
_ELSEWHERE: Final = "too long to be saved here: <code>workbench traces show</code> has it"
_LATEST: Final = "SELECT trace_id FROM spans ORDER BY started_at DESC, span_id LIMIT 1"
_MOST_LETTERS: Final = 2_000  # of one text
_ALL_LETTERS: Final = 24_000  # of all texts, so that a saved view stays small


@dataclass(frozen=True, slots=True)
class TraceView:
    """A trace, shown by a notebook.

    In a page with a widget manager the view is live: all spans, folded and unfolded, with a search over all messages.
    What is saved is `.html`, which needs no script; `str()` is the same as text.

    Args:
        spans: rows of `traces.questions.waterfall`; columns `arguments` and `result` of tool calls are shown where
            there are such.
        messages: rows of `traces.questions.messages`; None leaves them out.
        critical: the ids of the spans that the trace's duration waited for; they have the full colour.
        most: spans that are drawn in what is saved.
        read: where `messages` has only what was said in those, reads what was said in others when a live view asks.
    """

    spans: pl.DataFrame
    messages: pl.DataFrame | None = None
    critical: frozenset[str] = field(default_factory=frozenset[str])
    most: int = 80
    read: ReadMessages | None = None

    @property
    def caption(self) -> str:
        """Duration, spans, calls, tokens and cost, in one line."""
        calls = model_calls(self.spans)
        whole = self._duration
        words = [f"{self.spans.height:,} spans", f"{calls.height:,} model calls", _seconds(whole)]
        for name, unit in (("input_tokens", "in"), ("output_tokens", "out")):
            known = calls[name].sum() if calls.height and not calls[name].null_count() else None
            words.append(f"? {unit}" if calls.height and known is None else f"{known or 0:,} {unit}")
        unknown = calls["cost_usd"].null_count() if calls.height else 0
        words.append("cost unknown" if unknown else price(float(calls["cost_usd"].sum() or 0)))
        failed = self.spans.filter(self.spans["status"] == "error").height
        return " · ".join([*words, *([f"{failed:,} failed"] if failed else [])])

    @property
    def html(self) -> str:
        """The rows; each opens to what was said. Everything in them is escaped."""
        letters, rows = _ALL_LETTERS, list[str]()
        for row, said in self._rows():
            body = "".join([_fault(row), _tool_call(row), *(_message(message) for message in said)])
            letters -= len(body)
            rows.append(self._row(row, body if letters > 0 or not body else _ELSEWHERE))
        left = self.spans.height - self.most
        more = f"<p>{left:,} more spans: <code>workbench traces show</code> has them all.</p>" if left > 0 else ""
        picture = (
            f'<details><summary>The same as a picture</summary><img alt="Bars of the trace\'s spans over time" src="'
            f'data:image/svg+xml;base64,{base64.b64encode(draw(self.spans).encode()).decode()}"></details>'
        )
        return (
            f'<div style="font-size:.92em;line-height:1.5;font-variant-numeric:tabular-nums">'
            f'<p style="margin:.2em 0">{html.escape(self.caption)}</p>'
            f'<div role="tree" aria-label="spans of the trace">{"".join(rows)}</div>{more}{picture}</div>'
        )

    @property
    def tables(self) -> TraceTables:
        """What a live view asks."""
        return TraceTables(self.spans, self.messages, self.critical, self.caption, self.read)

    @property
    def widget(self) -> Stage:
        """The live view as an ipywidget, to be put beside others; it is saved as nothing."""
        from workbench.widgets.live.stage import Stage  # heavy: a widget library

        return Stage(self.tables)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What is saved, and the same as text."""
        return {"text/html": self.html, "text/plain": str(self)}

    def _ipython_display_(self) -> None:
        """What is saved, in a place that a live view can take."""
        from IPython.display import display

        shown, begin = live_place(self.tables, self.html)
        display({"text/html": shown, "text/plain": str(self)}, raw=True)
        after = begin()
        if after is not None:
            display(after)

    def __str__(self) -> str:
        lines = [self.caption]
        for row, _ in self._rows():
            lines.append(f"{'  ' * row['depth']}{label(row['name'], markup=False)}  {' '.join(_figures(row))}".rstrip())
        left = self.spans.height - self.most
        return "\n".join([*lines, *([f"… {left:,} more spans"] if left > 0 else [])])

    __repr__ = __str__

    @property
    def _duration(self) -> float:
        """From the first start to the last end, in milliseconds."""
        return float(self.spans["end_ms"].max() or 0.0)  # pyright: ignore[reportArgumentType] a column of numbers

    def _rows(self) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        shown, said = self.spans.head(self.most), dict[str, list[dict[str, Any]]]()
        if self.messages is not None:
            for message in self.messages.join(shown.select("span_id"), on="span_id", how="semi").iter_rows(named=True):
                said.setdefault(message["span_id"], []).append(message)
        for row in shown.iter_rows(named=True):
            yield row, said.get(row["span_id"], [])

    def _row(self, row: Mapping[str, Any], body: str) -> str:
        duration, tokens, cost = _figures(row)
        fault = f' <b style="color:{_ERROR}">failed</b>' if row["status"] == "error" else ""
        name = f'<span style="padding-left:{min(row["depth"], 12) * 1.1:.1f}em">{label(row["name"])}{fault}</span>'
        cells = "".join(
            f' <span style="text-align:right">{html.escape(words)}</span>' for words in (duration, tokens, cost)
        )
        head = f'<span style="{_GRID}">{name} {self._bar(row)}{cells}</span>'
        opened = f'<div style="margin:.2em 0 .6em 2em">{body}</div>' if body else "nothing was said here"
        return f'<details role="treeitem" aria-level="{row["depth"] + 1}"><summary>{head}</summary>{opened}</details>'

    def _bar(self, row: Mapping[str, Any]) -> str:
        whole = self._duration or 1.0
        left = min(max(100 * row["offset_ms"] / whole, 0.0), 99.5)
        right = max(min(100 * row["end_ms"] / whole, 100.0), left + 0.5)
        colour = _ERROR if row["status"] == "error" else _COLOURS.get(row["operation"], SERIES[2])
        if self.critical and row["span_id"] not in self.critical:
            colour += _FAINT
        words = f"from {_seconds(row['offset_ms'])} to {_seconds(row['end_ms'])}"
        stops = f"#0000 {left:.2f}%,{colour} {left:.2f}% {right:.2f}%,#0000 {right:.2f}%"
        ground = f"linear-gradient(90deg,{stops}) 0/100% 70% no-repeat"
        return f'<span role="img" aria-label="{words}" style="background:{ground}"></span>'


def trace_view(
    spans: pl.DataFrame,
    messages: pl.DataFrame | None = None,
    *,
    critical: frozenset[str] = frozenset(),
    most: int = 80,
) -> TraceView:
    """Draws a trace.

    Args:
        spans: rows of `traces.questions.waterfall`.
        messages: rows of `traces.questions.messages`; without them only the tree is drawn.
        critical: ids of the spans that the duration waited for.
        most: spans that are drawn.

    Raises:
        DataError: a table without the columns that are needed, or without rows.
    """
    missing = [name for name in _NEEDED if name not in spans.columns]
    if missing or not spans.height:
        what = f"lacks {', '.join(missing)}" if missing else "is empty"
        raise DataError(f"The table of spans {what}.", hint="trace_view(traces.questions.waterfall(trace_id))")
    return TraceView(spans, messages, critical, most)


def show(trace: Any = None, store: Store | None = None, *, most: int = 80) -> TraceView:
    """A trace as a tree over time with what was said in it.

    Args:
        trace: a trace's id, an answer of a cell (anything with a `trace_id`), or None for the latest trace.
        store: where it is; the process's own by default.
        most: spans that are drawn.

    Raises:
        OptionError: there is no such trace.
        StoreError: the store is busy, damaged or newer than this workbench.

    Example:
        >>> from workbench import traces
        >>> with traces.span("invoke_agent", "look"):
        ...     pass
        >>> show().caption.split(" · ")[:2]
        ['1 spans', '0 model calls']
    """
    from workbench.traces.questions import messages
    from workbench.traces.questions.trace_document import trace_document

    chosen = store or current_store()
    trace_id = getattr(trace, "trace_id", trace)
    if trace_id is None:
        latest = chosen.query(_LATEST)
        if not latest.height:
            raise OptionError("There are no traces yet.", hint="ask something first: %llm What is 2 plus 3?")
        trace_id = latest["trace_id"].item()
    try:
        found = trace_document(trace_id, chosen)
    except StoreError as error:
        raise OptionError(error.message, error.hint) if error.kind == "absent" else error from None
    spans = found.spans.drop(_MARKS).with_columns(trace_spans=found.trace_spans)
    spans = spans.join(chosen.query(_TOOLS, trace_id=trace_id), on="span_id", how="left", maintain_order="left")

    def read(span_ids: Sequence[str] | None) -> pl.DataFrame:
        return messages(trace_id, chosen, span_ids=span_ids)

    view = trace_view(
        spans,
        read(spans["span_id"].head(most).to_list()),
        critical=frozenset(found.critical_path.path["span_id"].drop_nulls()),
        most=most,
    )
    return replace(view, read=read)


def _figures(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Duration, tokens and cost, as words; empty where there are none."""
    tokens = [row.get(name) for name in ("input_tokens", "output_tokens")]
    counted = "" if tokens == [None, None] else " → ".join("?" if one is None else f"{one:,}" for one in tokens)
    cost = row.get("cost_usd")
    return _seconds(row.get("duration_ms")), counted, "" if cost is None else price(cost)


def _seconds(milliseconds: Any) -> str:
    if milliseconds is None:
        return "running"
    return f"{milliseconds / 1000:,.2f} s" if milliseconds >= 1000 else f"{milliseconds:,.1f} ms"


def _fault(row: Mapping[str, Any]) -> str:
    words = ": ".join(word for word in (row.get("error_type"), row.get("error_message")) if word)
    return f'<p style="color:{_ERROR};margin:.2em 0">{html.escape(words)}</p>' if words else ""


def _tool_call(row: Mapping[str, Any]) -> str:
    named = (("arguments", row.get("arguments")), ("result", row.get("result")))
    return "".join(_words(name, value) for name, value in named if value is not None)


def _words(name: str, text: str) -> str:
    shown = text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}… ({len(text):,} letters)"
    return (
        f'<div style="margin:.2em 0"><b>{html.escape(name)}</b>'
        f'<pre style="white-space:pre-wrap;margin:0;background:none">{html.escape(shown)}</pre></div>'
    )


def _message(message: Mapping[str, Any]) -> str:
    from workbench.traces.questions.messages import part_words

    arrow = "←" if message["direction"] == "output" else "→"
    parts = json.loads(message["body"]).get("parts", ())
    return _words(f"{arrow} {message['role']}", "\n".join(part_words(part) for part in parts))
