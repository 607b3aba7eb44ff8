"""Small stories, told through the real spans, that questions are asked about."""

import time
from dataclasses import dataclass

import pytest

from workbench import traces
from workbench.messages import ToolCall, ToolResult, assistant, tool_results, user


@dataclass
class Told:
    """The ids of a story's spans, by the names under which the story tells them."""

    trace_id: str
    ids: dict


def chat(ids, name, asked, said, *, model="gpt-5-mini", cost_usd=0.01, seconds=0.0, reads=()):
    with traces.span("chat", f"chat {model}") as span:
        ids[name] = span.span_id
        span.set(model=model, provider="openai", input_tokens=100, output_tokens=20, cost_usd=cost_usd)
        span.set(cost_reason=None if cost_usd is not None else "no price is known", price_version="of the test")
        span.input_messages(asked).output_messages([said]).reads(*(ids[one] for one in reads))
        time.sleep(seconds)
    return said


@pytest.fixture
def react(fresh_store):
    """An agent that asks a model, calls two tools one after the other, and answers; the second call has no price."""
    ids = {}
    where = traces.scope(notebook="sums.ipynb", cell_id="c7", method="react", conversation="talk")
    with where, traces.span("invoke_agent", "invoke_agent react") as root:
        ids["root"] = root.span_id
        asked = [user("What is (2 + 3) times 7?")]
        root.input_messages(asked)
        add = ToolCall("t1", "add", {"a": 2, "b": 3})
        asked = [*asked, chat(ids, "first", asked, assistant("I add.", add))]
        with traces.span("execute_tool", "execute_tool add") as span:
            ids["add"] = span.span_id
            span.set(tool_name="add")
        asked = [*asked, tool_results(ToolResult("t1", "add", 5))]
        times = ToolCall("t2", "multiply", {"a": 5, "b": 7})
        asked = [*asked, chat(ids, "second", asked, assistant("", times), cost_usd=None)]
        with traces.span("execute_tool", "execute_tool multiply") as span:
            ids["multiply"] = span.span_id
            span.set(tool_name="multiply")
            span.fail(ValueError("no such tool: multiply-7"))
        asked = [*asked, tool_results(ToolResult("t2", "multiply", "no such tool", is_error=True))]
        chat(ids, "third", asked, assistant("It is thirty-five."))
        root.output_messages([assistant("It is thirty-five.")])
    return Told(root.trace_id, ids)
