import pytest

from workbench.errors import OptionError, ToolError
from workbench.tools import Tool

ADD = "def add(a: int, b: int = 1) -> int:\n    '''Add two numbers.'''\n    return a + b\n"


def test_each_public_function_becomes_a_tool_that_can_still_be_called(run, shell, capsys):
    shout = "def shout(text: str) -> str:\n    return _mark(text)\n"
    run(f"%%tool\n{ADD}{shout}def _mark(text):\n    return text + '!'\n")
    assert isinstance(shell.user_ns["add"], Tool)
    assert isinstance(shell.user_ns["shout"], Tool)
    assert shell.user_ns["_mark"]("a") == "a!"
    assert run("add(2, b=3)") == 5
    assert run("shout('a')") == "a!"
    assert "add(a: integer, b?: integer)  Add two numbers." in capsys.readouterr().out


def test_assertions_run_at_definition_and_a_failing_one_leaves_the_names_as_they_were(run, fails, shell, capsys):
    run(f"%%tool\n{ADD}assert add(2) == 3")
    before = shell.user_ns["add"]
    error, printed = fails(f"%%tool\nscratch = 1\n{ADD.replace('a + b', 'a - b')}assert add(2, 3) == 5")
    assert isinstance(error, AssertionError)
    assert "assert add(2, 3) == 5" in printed
    assert "tool.py" not in printed
    assert shell.user_ns["add"] is before
    assert "scratch" not in shell.user_ns


@pytest.mark.parametrize(
    ("cell", "kind", "words"),
    [
        ("%%tool\ndef good(a: int): ...\ndef bad(a, b: int): ...", ToolError, "without a type hint"),
        ("%%tool\ndef bad(a: int:\n    return a", ToolError, "no Python"),
        ("%%tool\nx = 1", ToolError, "public function"),
        ("%%tool\ndef bad(*a: int): ...", ToolError, "*a"),
        (f"%%tool --sideeffects\n{ADD}", OptionError, "--side-effects"),
        (f"%%tool add\n{ADD}", OptionError, "'add'"),
    ],
)
def test_a_cell_that_cannot_become_tools_is_one_clear_error_and_registers_nothing(fails, shell, cell, kind, words):
    error, printed = fails(cell)
    assert type(error) is kind
    assert words in printed
    assert "Hint: " in printed
    assert not {"good", "bad", "x", "add"} & set(shell.user_ns)


def test_side_effects_are_declared_by_the_flag(run, shell):
    run(f"%%tool --side-effects\n{ADD}")
    assert shell.user_ns["add"].side_effects


def test_the_source_is_kept_and_async_functions_are_tools(run, shell):
    run("%%tool\nasync def later(a: int) -> int:\n    return a")
    assert "async def later" in shell.user_ns["later"].source


def test_a_tool_made_by_decorator_stays_what_it_is(run, shell):
    run("%%tool\nfrom workbench.tools import tool\n@tool(name='plus')\n" + ADD)
    assert shell.user_ns["add"].name == "plus"
