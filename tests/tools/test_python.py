import contextlib

import pytest

from workbench import traces
from workbench.errors import ToolError
from workbench.messages import ToolCall
from workbench.tools import call, python_tool, tool, written_tool
from workbench.tools.isolation import Limits, best_level

DOUBLE = '''
def _twice(x):
    return x + x

def double(x: int, words: list[str] | None = None) -> int:
    """Doubles a number.

    Args:
        x: the number.
    """
    return _twice(x)
'''


def attribute(name):
    return f"attributes->>'$.\"workbench.isolation.{name}\"'"


async def test_the_model_reads_output_value_and_level_and_the_span_keeps_the_level():
    level = best_level("process")
    result = await call(ToolCall("c1", "python", {"code": "print('hi')\n6 * 7"}), [python_tool(at_least="process")])
    assert result.response.startswith("hi\n42\n[isolation: " + level)
    assert traces.query(f"SELECT {attribute('level')}, {attribute('ended')} FROM spans").rows() == [(level, "finished")]


@pytest.mark.parametrize(
    ("code", "words", "ended"),
    [
        ("print('before')\n1 / 0", ["before", "ZeroDivisionError", "line 2"], "error"),
        ("while True: print('x' * 1000)", ["wrote too much"], "output"),
        ("import time; time.sleep(30)", ["took too long"], "time"),
        ("raise SystemExit(4)", ["exit code 4"], "exit"),
    ],
)
async def test_what_goes_wrong_is_an_error_that_can_be_read(code, words, ended):
    made = python_tool(at_least="process", limits=Limits(wall_seconds=1.5, output_bytes=10_000))
    result = await call(ToolCall("c1", "python", {"code": code}), [made])
    assert result.is_error
    assert all(word in result.response for word in words)
    assert traces.query(f"SELECT status, {attribute('ended')} FROM spans").rows() == [("error", ended)]


async def test_where_strict_cannot_be_reached_nothing_is_run(monkeypatch):
    monkeypatch.setattr("workbench.tools.isolation.level.refusal", lambda level: None if level == "process" else "no.")
    result = await call(ToolCall("c1", "python", {"code": "1"}), [python_tool()])
    assert result.is_error
    assert "'strict' cannot be reached" in result.response
    assert "Hint:" in result.response


async def test_a_written_tool_has_the_schema_that_the_function_itself_would_have():
    names = {}
    exec(DOUBLE, names)
    made, plain = written_tool(DOUBLE, at_least="process"), tool(names["double"])
    assert (made.name, made.description) == (plain.name, plain.description) == ("double", "Doubles a number.")
    assert made.parameters == plain.parameters
    assert made.source == DOUBLE
    result = await call(ToolCall("c1", "double", {"x": "21"}), [made])
    assert result.response == 42
    assert traces.query(f"SELECT {attribute('level')} FROM spans").item() == best_level("process")
    stored = traces.query("SELECT source, tool_version FROM tools").row(0)
    assert stored == (DOUBLE, made.version)


async def test_a_written_tools_arguments_are_checked_and_its_errors_told():
    made = written_tool("def inverse(x: float) -> float:\n    return 1 / x", at_least="process")
    assert "no 'x'" in (await call(ToolCall("c1", "inverse", {}), [made])).response
    told = (await call(ToolCall("c1", "inverse", {"x": 0}), [made])).response
    assert "ZeroDivisionError" in told
    assert "line 2" in told


def test_a_written_tool_changes_its_version_with_any_change_of_its_source():
    assert written_tool(DOUBLE).version == written_tool(DOUBLE).version
    assert written_tool(DOUBLE).version != written_tool(DOUBLE.replace("x + x", "2 * x")).version


def test_reading_a_source_runs_nothing_of_it(tmp_path):
    mark = tmp_path / "mark"
    effect = f"open({str(mark)!r}, 'w')"
    for source in (
        f"{effect}\ndef f(x: int) -> int: return x",
        f"def f(x: int = {effect}) -> int: return x",
        f"def f(x: {effect}) -> int: return x",
        f"def f(x: '{effect.replace(chr(39), chr(34))}') -> int: return x",
        f"def f(x: list[{effect}]) -> int: return x",
        f"@{effect}\ndef f(x: int) -> int: return x",
        f"def f(x: int) -> {effect}: return x",
    ):
        with contextlib.suppress(ToolError):
            written_tool(source)
        assert not mark.exists()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def f(x", "no Python"),
        ("x = 1", "functions: none"),
        ("def _f(): ...", "exactly one is to be public"),
        ("def f(): ...\ndef g(): ...", "f, g"),
        ("def f(x): ...", "without a type hint"),
        ("def f(*x: int): ...", "*x"),
        ("def f(x: int, /): ...", "positional only"),
        ("def f(x: complex): ...", "allowed are int"),
        ("def f(x: Optional[int, str]): ...", "other types"),
        ("def f(x: 'int +'): ...", "no type"),
        ("def f(x: int = y): ...", "written out"),
        ("def f(x: " + "list[" * 50 + "int" + "]" * 50 + "): ...", None),
    ],
)
def test_a_source_that_cannot_be_a_tool_is_refused_in_words(source, words):
    if words is None:
        assert written_tool(source).name == "f"
        return
    with pytest.raises(ToolError) as caught:
        written_tool(source)
    assert words in caught.value.message


def test_one_of_several_functions_can_be_named():
    assert written_tool("def f(): ...\ndef g(): ...", name="g").name == "g"
