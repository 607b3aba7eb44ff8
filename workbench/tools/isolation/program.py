"""Runs source text as a notebook would run a cell, and says what came of it as one JSON object."""

from __future__ import annotations

import ast
import builtins
import inspect
import json
import linecache
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

__all__ = ["run_program"]

_NAME: Final = "<code>"


def run_program(request: Mapping[str, Any]) -> dict[str, Any]:
    """Runs the program of a request.

    Args:
        request: `source`; `call`, a pair of a function's name and its arguments, or None; `report_bytes`, how long the
            answer may get.

    Returns:
        `ended` (`finished`, `error` or `exit`); `value`, where it is JSON, and `text`, its `repr`: of the last
        expression, or of what the called function returned; `error`, the traceback.
    """
    said: dict[str, Any]
    try:
        said = _said_of(_value(request["source"], request["call"]), request["report_bytes"] // 2)
    except SystemExit as stop:
        said = {"ended": "exit", "exit_code": stop.code if isinstance(stop.code, int) else int(stop.code is not None)}
    except BaseException as error:  # noqa: BLE001 whatever the program raises is its result
        said = {"ended": "error", "error": _cut(_words(error), request["report_bytes"] // 4)}
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # noqa: BLE001, S112 the program may have replaced or closed it
            continue
    return said


def _value(source: str, call: tuple[str, Mapping[str, Any]] | None) -> Any:
    linecache.cache[_NAME] = (len(source), None, source.splitlines(keepends=True), _NAME)
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
    tree = ast.parse(source, _NAME)
    last = tree.body.pop() if call is None and tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, _NAME, "exec"), names)  # noqa: S102 its whole purpose, after the confinement
    if call is not None:
        value = names[call[0]](**call[1])
    elif isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), _NAME, "eval"), names)  # noqa: S307 as above
    else:
        return None
    return _awaited(value) if inspect.iscoroutine(value) else value


def _awaited(value: Any) -> Any:
    import asyncio  # 30 ms: only for a program that needs it

    return asyncio.run(value)


def _said_of(value: Any, limit: int) -> dict[str, Any]:
    if value is None:
        return {"ended": "finished"}
    try:
        text = json.dumps(value, allow_nan=False)
        if len(text) <= limit and json.loads(text) == value:
            return {"ended": "finished", "value": value, "text": _cut(repr(value), limit // 2)}
    except (TypeError, ValueError, RecursionError):  # no JSON: its words
        pass
    return {"ended": "finished", "text": _cut(repr(value), limit)}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters in all)"


def _words(error: BaseException) -> str:
    """The traceback from the program's own first line on; Python's own files by their place in the library."""
    try:
        told = traceback.TracebackException.from_exception(error)
        _forget_ours(told)
        return "".join(told.format()).rstrip().replace(str(Path(os.__file__).parent), "python")
    except BaseException:  # noqa: BLE001 its words raise in their turn
        return f"{type(error).__name__} (its words cannot be told)"


def _forget_ours(told: traceback.TracebackException) -> None:
    own = [index for index, frame in enumerate(told.stack) if frame.filename == _NAME]
    kept = list(told.stack)[own[0] :] if own else []
    told.stack = traceback.StackSummary.from_list(kept)
    for inner in (told.__cause__, told.__context__):
        if inner is not None:
            _forget_ours(inner)
