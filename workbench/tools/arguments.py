"""A function's parameters as a pydantic model: the JSON schema that a model is told, and the check of what it sends."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench.errors import ToolError
from workbench.messages import Json

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["arguments_model", "parameters_schema", "validated"]


@lru_cache(maxsize=512)
def arguments_model(function: Callable[..., Any]) -> type[BaseModel]:
    """The pydantic model of a function's keyword arguments; field names are `p0`, `p1`, … with the real names as alias.

    Raises:
        ToolError: a parameter without a hint, variadic or positional-only, or a hint that has no JSON schema.
    """
    from pydantic import ConfigDict, Field, create_model  # 0.1 s: only when a tool is defined
    from pydantic.errors import PydanticUserError

    name = getattr(function, "__name__", "tool")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise ToolError(
            f"Function {name!r} has no signature that can be read, so it has no schema.",
            hint="def search(query: str) -> str: return original(query)",
        ) from error
    hints = _hints(function, name)
    fields: dict[str, Any] = {}
    for index, (parameter, given) in enumerate(signature.parameters.items()):
        if given.kind in (given.VAR_POSITIONAL, given.VAR_KEYWORD):
            stars = "*" if given.kind is given.VAR_POSITIONAL else "**"
            raise ToolError(
                f"Function {name!r} takes {stars}{parameter}; a tool's parameters are named one by one.",
                hint=f"def {name}{_corrected(signature, hints)}: ...",
            )
        if given.kind is given.POSITIONAL_ONLY or parameter not in hints:
            what = "without a type hint" if parameter not in hints else "that is positional only"
            raise ToolError(
                f"Function {name!r} has the parameter {parameter!r} {what}; a tool's schema is made from its hints.",
                hint=f"def {name}{_corrected(signature, hints)}: ...",
            )
        default = ... if given.default is given.empty else given.default
        fields[f"p{index}"] = (hints[parameter], Field(default, alias=parameter))
    try:
        model = create_model(name, __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=False), **fields)
        model.model_json_schema()
    except PydanticUserError as error:
        reason = error.message.split(". ")[0]
        raise ToolError(
            f"Function {name!r} has a parameter whose type has no JSON schema: {reason}",
            hint="use int, float, str, bool, list, dict, Literal, Enum, datetime, a dataclass or a pydantic model.",
        ) from error
    return model


def parameters_schema(model: type[BaseModel], descriptions: Mapping[str, str]) -> dict[str, Json]:
    """The JSON schema of type object, without pydantic's titles, with the docstring's words for each parameter."""
    schema = _untitled(model.model_json_schema())
    schema.pop("description", None)
    schema.setdefault("properties", {})
    for name, body in schema["properties"].items():
        if name in descriptions and "description" not in body:
            schema["properties"][name] = {"description": descriptions[name], **body}
    return schema


def validated(function: Callable[..., Any], name: str, arguments: Mapping[str, Json]) -> dict[str, Any]:
    """The keyword arguments to call a function with, converted to the types of its hints.

    Raises:
        ToolError: what does not fit, one line for each argument.
    """
    from pydantic import ValidationError

    model = arguments_model(function)
    try:
        checked = model.model_validate(dict(arguments))
    except ValidationError as error:
        names = [field.alias or "" for field in model.model_fields.values()]
        faults = "; ".join(
            _fault(fault["type"], fault["loc"], fault["msg"], fault["input"]) for fault in error.errors()
        )
        raise ToolError(f"Tool {name!r} was given {faults}. Its parameters are {', '.join(names) or 'none'}.") from None
    return {field.alias or key: getattr(checked, key) for key, field in model.model_fields.items()}


def _fault(kind: str, place: tuple[int | str, ...], message: str, given: Any) -> str:
    where = ".".join(str(step) for step in place)
    if kind == "missing":
        return f"no {where!r}"
    if kind == "extra_forbidden":
        return f"{where!r}, which it does not have"
    return f"{where}={given!r}: {message[:1].lower()}{message[1:]}"


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    target = function if inspect.isroutine(function) else getattr(function, "func", type(function).__call__)
    try:
        hints = typing.get_type_hints(target, include_extras=True)
    except NameError as error:
        raise ToolError(
            f"Function {name!r} has a type hint that cannot be resolved: {error}.",
            hint="define the type before the function, outside of any function.",
        ) from error
    hints.pop("return", None)
    return hints


def _corrected(signature: inspect.Signature, hints: Mapping[str, Any]) -> str:
    """The signature as it should be: what has no hint gets the type of its default, or str."""
    parts: list[str] = []
    for name, given in signature.parameters.items():
        plain = "items: list[str]" if given.kind is given.VAR_POSITIONAL else "options: dict[str, str]"
        if given.kind in (given.VAR_POSITIONAL, given.VAR_KEYWORD):
            parts.append(plain)
            continue
        default = "" if given.default is given.empty else f" = {given.default!r}"
        guess = "str" if given.default in (given.empty, None) else type(given.default).__name__
        hint = inspect.formatannotation(hints[name]) if name in hints else guess
        parts.append(f"{name}: {hint}{default}")
    result = signature.return_annotation
    returns = "" if result is signature.empty else f" -> {inspect.formatannotation(result)}"
    return f"({', '.join(parts)}){returns}"


def _untitled(schema: Any) -> Any:
    """A schema without the titles that pydantic derives from names; a property called title stays."""
    if isinstance(schema, list):
        return [_untitled(item) for item in typing.cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    body = typing.cast("dict[str, Any]", schema)
    named = ("properties", "$defs")
    return {
        key: {name: _untitled(item) for name, item in value.items()} if key in named else _untitled(value)
        for key, value in body.items()
        if not (key == "title" and isinstance(value, str))
    }
