"""One tool call: find the tool, check the arguments, run it, and give back a result that a model can read."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

from workbench import traces
from workbench.errors import ToolError, WorkbenchError, nearest
from workbench.messages import Json, ToolCall, ToolResult
from workbench.tools.arguments import validated
from workbench.tools.tool import Tool

__all__ = ["call", "call_all"]

_recorded: Final[set[tuple[str, str]]] = set()  # (store, tool version) pairs whose row is written


async def call(tool_call: ToolCall, tools: Sequence[Tool]) -> ToolResult:
    """Runs one tool call in an `execute_tool` span.

    Whatever goes wrong comes back as a result with `is_error`, in words that a model can act on: an unknown tool,
    arguments that do not fit, an exception of the function. A sync function runs in a thread, with the caller's
    context; cancelling the call does not stop that thread.

    Args:
        tool_call: what the model asks for.
        tools: those it may call.

    Returns:
        the result: JSON where the value can be written as JSON, its `str()` otherwise.

    Example:
        >>> from workbench.tools import tool
        >>> @tool
        ... def add(a: int, b: int) -> int: return a + b
        >>> asyncio.run(call(ToolCall("c1", "add", {"a": 2, "b": 3}), [add])).response
        5
    """
    with traces.span("execute_tool", f"execute_tool {tool_call.name}") as span:
        span.set(tool_name=tool_call.name)
        span.attribute("gen_ai.tool.call.id", tool_call.id)
        span.attribute("gen_ai.tool.call.arguments", _plain(tool_call.arguments))
        # the tool's own failure is a value here: it is the model's to read
        [outcome] = await asyncio.gather(_answer(span, tool_call, tools), return_exceptions=True)
        if isinstance(outcome, Exception):
            span.fail(outcome)
            result = ToolResult(tool_call.id, tool_call.name, _words(outcome), is_error=True)
        elif isinstance(outcome, BaseException):  # interrupted
            raise outcome
        else:
            result = ToolResult(tool_call.id, tool_call.name, outcome)
        span.attribute("gen_ai.tool.call.result", result.response)
    return result


async def call_all(tool_calls: Sequence[ToolCall], tools: Sequence[Tool]) -> tuple[ToolResult, ...]:
    """Runs the calls of one message at the same time; the results keep their order."""
    return tuple(await asyncio.gather(*(call(tool_call, tools) for tool_call in tool_calls)))


async def _answer(span: traces.Span, tool_call: ToolCall, tools: Sequence[Tool]) -> Json:
    tool = _find(tool_call.name, tools)
    span.set(tool_version=tool.version)
    _record(tool)
    return as_json(await _run(tool, _arguments(tool, tool_call)))


def _words(error: Exception) -> str:
    if isinstance(error, WorkbenchError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def as_json(value: Any) -> Json:
    """The value as JSON reads it back: numbers, arrays, dataclasses, models, dates; `str()` of anything else."""
    if value is None or isinstance(value, str | bool | int):
        return value
    from pydantic_core import to_json

    try:
        # JSON has no NaN and no infinity; as words they survive
        return json.loads(to_json(value, fallback=_fallback, inf_nan_mode="strings"))
    except (ValueError, RecursionError):  # it holds itself, or bytes that are no text
        return str(value)


def _fallback(value: Any) -> Json:
    """NumPy and JAX scalars and arrays by their lists, everything else by its words."""
    as_list: Callable[[], Any] | None = getattr(value, "tolist", None)
    if as_list is not None and hasattr(value, "dtype"):
        return as_list()
    return str(value)


def _find(name: str, tools: Sequence[Tool]) -> Tool:
    for tool in tools:
        if tool.name == name:
            return tool
    names = [tool.name for tool in tools]
    raise ToolError(
        f"There is no tool {name!r}; the tools are {', '.join(names) or 'none'}.", hint=nearest(name, names) or None
    )


def _arguments(tool: Tool, tool_call: ToolCall) -> dict[str, Any]:
    given: Json = tool_call.arguments
    if isinstance(given, str):
        try:
            given = json.loads(given) if given.strip() else {}
        except ValueError as error:
            raise ToolError(f"Tool {tool.name!r} was given arguments that are not JSON: {given!r} ({error}).") from None
    if not isinstance(given, Mapping):
        raise ToolError(f"Tool {tool.name!r} was given {given!r}; its arguments are one JSON object.")
    return validated(tool.function, tool.name, cast("Mapping[str, Json]", given))


async def _run(tool: Tool, arguments: Mapping[str, Any]) -> Any:
    function = tool.function
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        return await function(**arguments)
    value = await asyncio.to_thread(_in_thread, function, arguments)
    return await value if inspect.isawaitable(value) else value


def _in_thread(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    try:
        return function(**arguments)
    except SystemExit as stop:  # a tool ends itself, not the kernel
        raise ToolError(f"The tool tried to end the process (exit code {stop.code!r}).") from stop
    except StopIteration as stop:  # a future cannot carry it
        raise ToolError(f"The tool's iterator ended early (StopIteration: {stop.value!r}).") from stop


def _plain(arguments: Mapping[str, Json] | str) -> Json:
    return arguments if isinstance(arguments, str) else dict(arguments)


def _record(tool: Tool) -> None:
    key = (str(traces.store().path), tool.version)
    if key in _recorded:
        return
    traces.record(
        "tools",
        tool_version=tool.version,
        name=tool.name,
        description=tool.description,
        parameters=dict(tool.parameters),
        source=tool.source,
        defined_at=datetime.now(UTC),
    )
    _recorded.add(key)
