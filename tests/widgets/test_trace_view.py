"""Laws of the view of a trace: all of it is there, nothing in it runs, and it says what it leaves out."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import polars as pl
import pytest

from workbench import traces
from workbench.errors import DataError, OptionError
from workbench.messages import ToolCall, assistant, user
from workbench.models import Request, ScriptedModel, Traced
from workbench.tools import call, tool
from workbench.traces import questions
from workbench.traces.questions import waterfall
from workbench.widgets import show, trace_view
from workbench.widgets.waterfall_picture import draw

HOSTILE = "<script>hit()</script><img src=x onerror=hit()>\"'&"


async def asked(*turns, question="What is 2 + 3?"):
    """A trace with one agent and its calls; its id."""
    model = Traced(ScriptedModel(*turns))
    with traces.span("invoke_agent", "invoke_agent look") as top:
        for _ in turns:
            await model.reply(Request((user(question),)))
    return top.trace_id


async def test_every_span_is_a_row_of_the_tree_at_its_depth_with_what_was_said():
    trace_id = await asked("It is 5.", ToolCall("c1", "add", {"a": 2, "b": 3}))
    view = show(trace_id)
    assert view.html.count('role="treeitem"') == 3
    assert re.findall('aria-level="(.)"', view.html) == ["1", "2", "2"]
    assert "What is 2 + 3?" in view.html
    assert "It is 5." in view.html
    assert "calls add(" in view.html
    assert str(view).splitlines()[1].startswith("invoke_agent look")
    assert str(view).splitlines()[2].startswith("  chat")


async def test_a_call_inside_another_is_part_of_it_and_embeddings_are_calls():
    with traces.span("invoke_agent", "look") as top:
        with traces.span("chat", "outer") as outer:
            outer.set(model="m", input_tokens=10, output_tokens=2, cost_usd=0.5)
            with traces.span("chat", "inner") as inner:
                inner.set(model="m", input_tokens=10, output_tokens=2, cost_usd=0.5)
        with traces.span("embeddings", "embeddings") as vectors:
            vectors.set(model="m", input_tokens=3, output_tokens=0, cost_usd=0.25)
    words = show(top.trace_id).caption.split(" · ")
    assert words[1] == "2 model calls"
    assert words[3:] == ["13 in", "2 out", "$0.75"]


async def test_without_a_name_it_is_the_latest_trace_and_an_answer_names_its_own():
    first = await asked("one")
    second = await asked("two")
    assert show().spans["trace_spans"][0] == 2
    assert "two" in show().html

    class Answer:
        trace_id = first

    assert "one" in show(Answer()).html
    assert second != first


async def test_hostile_words_are_escaped_wherever_they_stand():
    with traces.span("invoke_agent", HOSTILE) as top:
        await Traced(ScriptedModel(assistant(HOSTILE, ToolCall("c", HOSTILE, {HOSTILE: HOSTILE})))).reply(
            Request((user(HOSTILE),))
        )
        with pytest.raises(ValueError, match="script"), traces.span("execute_tool", HOSTILE):
            raise ValueError(HOSTILE)
    seen: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attrs):
            seen.append(tag)
            assert not [name for name, _ in attrs if name.startswith("on")]

    Tags().feed(show(top.trace_id).html)
    assert set(seen) <= {"div", "p", "details", "summary", "span", "b", "pre", "img"}
    picture = ElementTree.fromstring(draw(show(top.trace_id).spans))
    assert {one.tag.rpartition("}")[2] for one in picture.iter()} <= {"svg", "path", "text", "rect"}


async def test_a_tool_call_has_its_arguments_and_its_result():
    @tool
    def add(a: int, b: int) -> int:
        """Adds."""
        return a + b

    with traces.span("invoke_agent", "look") as top:
        await call(ToolCall("c1", "add", {"a": 41, "b": 1}), [add])
    page = show(top.trace_id).html
    assert "{&quot;a&quot;:41,&quot;b&quot;:1}" in page.replace(" ", "")
    assert ">42</pre>" in page


async def test_a_failure_is_said_in_words_and_counted():
    with pytest.raises(ValueError, match="broken"), traces.span("execute_tool", "execute_tool add") as top:
        raise ValueError("broken")
    view = show(top.trace_id)
    assert "1 failed" in view.caption
    assert "ValueError: broken" in view.html


async def test_a_long_trace_is_drawn_in_part_and_says_so():
    with traces.span("invoke_agent", "long") as top:
        for number in range(30):
            with traces.span("execute_tool", f"tool {number}"):
                pass
    view = show(top.trace_id, most=10)
    assert view.html.count('role="treeitem"') == 10
    assert "21 more spans" in view.html
    assert "21 more spans" in str(view)


async def test_bars_lie_inside_the_picture():
    trace_id = await asked("one", "two", "three")
    bars = re.findall(r"#0000 ([\d.]+)%,#\w+ [\d.]+% ([\d.]+)%", show(trace_id).html)
    assert len(bars) == 4
    for left, right in bars:
        assert 0 <= float(left) < float(right) <= 100.01


async def test_unknown_cost_is_not_zero():
    trace_id = await asked("one")
    spans = waterfall(trace_id).with_columns(pl.lit(None, pl.Float64).alias("cost_usd"))
    assert "cost unknown" in trace_view(spans).caption


async def test_what_is_no_trace_is_refused(fresh_store):
    with pytest.raises(OptionError, match="no traces yet"):
        show()
    with pytest.raises(OptionError):
        show("0" * 32)
    with pytest.raises(DataError, match="lacks span_id"):
        trace_view(pl.DataFrame({"name": ["x"]}))


async def test_only_what_is_drawn_is_read_and_a_live_view_reads_the_rest_when_it_asks():
    trace_id = await asked("first", "second", "third", question="What is 2 + 3?")
    part, whole = show(trace_id, most=2), show(trace_id)
    assert part.messages.height < whole.messages.height
    assert "second" not in part.html
    for row in range(4):
        assert part.tables.said(row) == whole.tables.said(row)
    assert part.tables.search(["third"]).tolist() == [3]
    messages = questions.messages(trace_id)
    assert whole.messages.equals(messages)
    assert trace_view(part.spans, messages, critical=whole.critical).tables.said(3) == part.tables.said(3)
