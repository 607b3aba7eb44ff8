"""Laws of pydantic-ai's own spans, which need no instrumentor: they land when somebody captures."""

import json

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.models.test import TestModel

from workbench import traces


def add(a: int, b: int) -> int:
    return a + b


@pytest.mark.filterwarnings("ignore:Instrumentation format")
@pytest.mark.parametrize("version", [2, 3, 5])
async def test_an_agent_its_calls_and_its_tools_land_and_each_token_counts_once(version, fresh_store):
    settings = InstrumentationSettings(version=version, tracer_provider=fresh_store.tracer.provider)
    agent = Agent(TestModel(), system_prompt="be brief", name="helper", tools=[add])
    agent.instrument = settings
    result = await agent.run("2+2?")
    rows = traces.query("SELECT * FROM spans ORDER BY started_at").to_dicts()
    assert [row["operation"] for row in rows] == ["invoke_agent", "chat", "execute_tool", "chat"]
    assert {row["parent_id"] for row in rows[1:]} == {rows[0]["span_id"]}
    assert sum(row["input_tokens"] or 0 for row in rows) == result.usage.input_tokens
    assert sum(row["output_tokens"] or 0 for row in rows) == result.usage.output_tokens
    assert {row["instrumentation"].split()[0] for row in rows} == {"pydantic-ai"}
    tool = json.loads(rows[2]["attributes"])
    assert (rows[2]["tool_name"], tool["gen_ai.tool.call.arguments"]) == ("add", {"a": 0, "b": 0})
    bodies = traces.query(
        "SELECT role FROM span_messages JOIN messages USING (message_hash) WHERE span_id = $id AND direction = 'input' "
        "ORDER BY position",
        id=rows[3]["span_id"],
    )
    assert bodies["role"].to_list() == ["system", "user", "assistant", "tool"]
    assert traces.query("SELECT count(*) FROM messages").item() == 5  # each once, also for the agent's own span
