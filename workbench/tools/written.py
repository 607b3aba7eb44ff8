"""Tools that a model writes at run time: their source is read here, and run in isolation only."""

from __future__ import annotations

import ast
import inspect
from typing import Any, Final, Literal, Optional, Union

from workbench.errors import ToolError
from workbench.messages import Json
from workbench.tools.define import made_tool
from workbench.tools.isolation import Level, Limits, run_isolated
from workbench.tools.python import keep, report_of
from workbench.tools.tool import Tool

__all__ = ["written_tool"]

# the hints that such a tool may have: what JSON has, and nothing that would have to be run to be known
_TYPES: Final[dict[str, Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "dict": dict,
    "None": None,
    "Any": Any,
    "Literal": Literal,
    "Optional": Optional,
    "Union": Union,
}
_HINT: Final = "int, float, str, bool, None, list[…], dict[str, …], Literal[…], Optional[…], X | Y, Any"

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def written_tool(
    source: str,
    *,
    name: str | None = None,
    at_least: Level = "strict",
    limits: Limits | None = None,
    packages: bool = False,
    side_effects: bool = False,
) -> Tool:
    """A tool from source text that nobody has read.

    Nothing of the source is run in this process: name, hints, defaults and docstring are read from its syntax tree.
    Each call runs the whole source in isolation and then the function.

    Args:
        source: Python with one public function at its top level, which is the tool; others begin with `_`.
        name: which function, where there are several.
        at_least: the weakest level of isolation to accept, as for `python_tool`.
        limits: how much a call may use.
        packages: whether it can import the installed packages.
        side_effects: whether calling it is to be treated as changing something outside.

    Returns:
        the tool; its version is a hash of this source, its name, description and schema.

    Raises:
        ToolError: source that is no Python, no public function or several, and what `tool` refuses; a hint or default
            that is not written out.

    Example:
        >>> double = written_tool("def double(x: int) -> int:\\n    'Doubles.'\\n    return 2 * x", at_least="process")
        >>> double.parameters["properties"]
        {'x': {'type': 'integer'}}
    """
    function = _function(source, name)
    signature = _signature(function)

    async def written(**arguments: Json) -> Json:
        outcome = await run_isolated(
            source, call=(function.name, arguments), at_least=at_least, limits=limits, packages=packages
        )
        keep(outcome)
        if outcome.ended == "finished":
            return outcome.value if outcome.value is not None else outcome.text
        raise ToolError(report_of(outcome))

    written.__name__ = function.name
    written.__doc__ = ast.get_docstring(function)
    written.__annotations__ = {
        parameter.name: parameter.annotation
        for parameter in signature.parameters.values()
        if parameter.annotation is not parameter.empty
    }
    written.__dict__["__signature__"] = signature  # what `inspect.signature` asks first
    return made_tool(written, source=source, side_effects=side_effects)


def _function(source: str, name: str | None) -> _Function:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ToolError(f"The source of a tool is no Python: {error}.") from None
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    public = [node for node in found if (node.name == name if name else not node.name.startswith("_"))]
    names = ", ".join(node.name for node in found) or "none"
    if not public or (name is None and len({node.name for node in public}) > 1):
        wanted = f"asked for was {name!r}" if name else "exactly one is to be public"
        raise ToolError(
            f"The source of a tool has the functions: {names}; {wanted}.",
            hint="def search(query: str) -> str: ...; begin the names of the others with _, or say name=",
        )
    return public[-1]  # the last definition of a name is the one that counts


def _signature(function: _Function) -> inspect.Signature:
    given = function.args
    parameters: list[inspect.Parameter] = []
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(given.defaults)), *given.defaults]
    kinds = [inspect.Parameter.POSITIONAL_ONLY] * len(given.posonlyargs)
    kinds += [inspect.Parameter.POSITIONAL_OR_KEYWORD] * len(given.args)
    rows = list(zip(plain, defaults, kinds, strict=True))
    rows += [] if given.vararg is None else [(given.vararg, None, inspect.Parameter.VAR_POSITIONAL)]
    rows += [
        (each, value, inspect.Parameter.KEYWORD_ONLY)
        for each, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    rows += [] if given.kwarg is None else [(given.kwarg, None, inspect.Parameter.VAR_KEYWORD)]
    for each, value, kind in rows:
        empty = inspect.Parameter.empty
        hint = empty if each.annotation is None else _type(each.annotation, function.name)
        default = empty if value is None else _default(value, each.arg, function.name)
        parameters.append(inspect.Parameter(each.arg, kind, default=default, annotation=hint))
    return inspect.Signature(parameters)


def _default(value: ast.expr, parameter: str, name: str) -> Any:
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ToolError(
            f"Function {name!r} has the default {parameter}={ast.unparse(value)}; a default is written out.",
            hint=f"{parameter}: int = 3",
        ) from None


def _type(node: ast.expr, name: str) -> Any:
    """The type that a hint names, built from its syntax."""
    match node:
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=str(text)):
            return _type(_parsed(text, name), name)
        case ast.Name(id=known) if known in _TYPES:
            return _TYPES[known]
        case ast.Attribute(value=ast.Name(id="typing"), attr=known) if known in _TYPES:
            return _TYPES[known]
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return Union[_type(left, name), _type(right, name)]  # noqa: UP007 built, not written
        case ast.Subscript(value=outer, slice=inner):
            kind = _type(outer, name)
            items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if kind is Literal:
                return Literal[tuple(_default(item, "Literal", name) for item in items)]
            if kind in (list, dict, Optional, Union):
                return _of(kind, tuple(_type(item, name) for item in items), node, name)
        case _:
            pass
    raise ToolError(f"Function {name!r} has the type hint {ast.unparse(node)!r}; allowed are {_HINT}.")


def _of(kind: Any, items: tuple[Any, ...], node: ast.expr, name: str) -> Any:
    try:
        return kind[items[0] if len(items) == 1 else items]
    except (TypeError, IndexError):
        raise ToolError(
            f"Function {name!r} has the type hint {ast.unparse(node)!r}, which takes other types."
        ) from None


def _parsed(text: str, name: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        raise ToolError(f"Function {name!r} has the type hint {text!r}, which is no type.") from None
