"""`%llm mcp`: servers that are connected from a cell, and asked by the next."""

import _thread
import asyncio
import os
import sys
import threading
from pathlib import Path

import pytest

from workbench import traces
from workbench.magics.loop import Background
from workbench.magics.mcp_servers import Servers

DEMO = f"{sys.executable} {Path(__file__).parents[1] / 'tools' / 'mcp' / 'demo_server.py'}"
ASKS = """
from workbench.messages import ToolCall, assistant
from workbench.models import ScriptedModel
model = ScriptedModel(assistant("", ToolCall("c1", "demo_add", {"a": 2, "b": 3})), "It is 5.")
"""


def test_a_servers_tools_are_added_listed_called_and_removed(run, shell, capsys):
    run(f"%llm mcp add demo {DEMO}")
    added = capsys.readouterr().out
    assert "demo: ready, " in added
    assert "demo_add(a, b)" in added
    assert "demo_write(text)" in added
    assert "[may delete or overwrite]" in added
    run(ASKS)
    run("%%llm -m model --tools demo -o answer\nAdd")
    assert shell.user_ns["answer"] == "It is 5."
    row = traces.query("SELECT status, attributes->>'$.\"workbench.mcp.server\"' FROM spans WHERE tool_name='demo_add'")
    assert row.rows() == [("ok", "demo")]
    run("%llm mcp")
    assert "demo_add(a, b)" in capsys.readouterr().out
    run("%llm mcp remove demo")
    run("%llm mcp")
    assert "No MCP servers yet" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["demo.add", "demo_add"])
def test_one_tool_of_a_server_is_named_by_either_name(run, shell, capsys, name):
    run(f"%llm mcp add demo {DEMO}")
    run(ASKS)
    run(f"%%llm -m model --tools {name}\nAdd")
    [told] = shell.user_ns["model"].requests[0].tools
    assert told.name == "demo_add"


def test_a_notebooks_own_function_goes_before_a_server_of_its_name(run, shell, capsys):
    run(f"%llm mcp add demo {DEMO}")
    run("def demo(a: int) -> int: return a")
    run("from workbench.models import ScriptedModel\nmodel = ScriptedModel('hi')")
    run("%%llm -m model --tools demo\nAdd")
    assert [tool.name for tool in shell.user_ns["model"].requests[0].tools] == ["demo"]


def test_keys_of_a_server_are_in_no_output_and_no_store(run, capsys, monkeypatch, fresh_store):
    monkeypatch.setenv("DEMO_API_KEY", "hunter2-hunter2-hunter2")
    run(f"%llm mcp add --env DEMO_API_KEY --env MODE=test demo {DEMO}")
    run("%llm mcp")
    run("%llm mcp demo")
    assert "hunter2" not in capsys.readouterr().out
    traces.query("SELECT 1")
    stored = b"".join(path.read_bytes() for path in fresh_store.path.parent.rglob("*") if path.is_file())
    assert b"hunter2" not in stored


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("add", "takes a name, and a command or an address"),
        ("add demo", "takes a name, and a command or an address"),
        ("add demo nonesuch-program --x", "there is no program 'nonesuch-program'"),
        ("add --env NO_SUCH_VARIABLE demo x", "'NO_SUCH_VARIABLE', which is not set"),
        ("add --header 'X: $NO_SUCH_VARIABLE' demo http://127.0.0.1:9/mcp", "'NO_SUCH_VARIABLE', which is not set"),
        ("add demo http://127.0.0.1:9/mcp more", "after the address"),
        ("add --timeout -1 demo x", "takes seconds above 0"),
        ("add demo http://127.0.0.1:9/mcp", "did not start"),
        ("remove demo", "There is no MCP server 'demo'"),
        ("demo", "There is no MCP server 'demo'"),
        ("uvx mcp-server-time", "takes add, remove, refresh or a server's name"),
    ],
)
def test_what_is_not_understood_is_said_with_a_hint(fails, line, words):
    error, printed = fails(f"%llm mcp {line}")
    assert words in str(error)
    assert "File " not in printed


def test_completion_offers_actions_servers_and_their_tools(run, shell, capsys):
    run(f"%llm mcp add demo {DEMO}")
    assert {"add", "remove", "demo"} <= set(shell.complete("", "%llm mcp ", 9)[1])
    assert shell.complete("de", "%llm mcp remove de", 18)[1] == ["demo"]
    offered = shell.complete("demo", "%%llm --tools demo", 18)[1]
    assert {"demo", "demo_add"} <= set(offered)


def test_a_server_ends_when_the_extension_is_unloaded(run, shell, capsys):
    run(f"%llm mcp add demo {DEMO}")
    run("from workbench.magics.mcp_servers import SERVERS")
    run("import asyncio\nasked = asyncio.run(SERVERS.get('demo').call('process', {}, False))")
    process_id = shell.user_ns["asked"].structured_content["result"]
    os.kill(process_id, 0)
    from workbench.magics import unload

    unload(shell)
    state = Path(f"/proc/{process_id}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_an_interrupted_cell_leaves_the_server_and_the_next_cell_whole(run, shell, capsys):
    run(f"%llm mcp add demo {DEMO}")
    run(ASKS.replace('"demo_add", {"a": 2, "b": 3}', '"demo_sleep", {"seconds": 2}'))
    threading.Timer(0.7, _thread.interrupt_main).start()
    result = shell.run_cell("%%llm -m model --tools demo\nSleep", store_history=True)
    assert isinstance(result.error_in_exec, KeyboardInterrupt)
    assert traces.query("SELECT status FROM spans WHERE tool_name = 'demo_sleep'").rows() == [("interrupted",)]
    run(ASKS)
    run("%%llm -m model --tools demo -o answer\nAdd")
    assert shell.user_ns["answer"] == "It is 5."


def test_all_servers_are_ended_at_once():
    """Each waits until the other has been asked to end: one after the other would never come to an end."""
    servers, background, asked = Servers(), Background(), {"a": threading.Event(), "b": threading.Event()}

    class Ending:
        def __init__(self, name, other):
            self.name, self.other = name, other

        async def close(self):
            asked[self.name].set()
            assert await asyncio.to_thread(asked[self.other].wait, 30)

    servers._connections.update(a=Ending("a", "b"), b=Ending("b", "a"))
    servers.close(background)
    background.close()
    assert list(servers) == []
