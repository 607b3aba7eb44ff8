"""A method's options: its keyword arguments, checked and converted before anything runs."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from workbench.errors import MethodError, nearest

__all__ = ["checked", "option_defaults", "repetition_seed"]

_EFFECTS = ("question", "model", "tools")


def option_defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """The options of a method's function with their defaults, in order; what has none is `inspect.Parameter.empty`."""
    parameters = inspect.signature(function).parameters
    return {name: parameter.default for name, parameter in parameters.items() if name not in _EFFECTS}


def checked(
    name: str, function: Callable[..., Any], defaults: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """The options that were given, each converted to its annotated type (`"5"` for an int is 5).

    Ranges are part of the types: `n: PositiveInt`. An annotation that is not data, such as `Model` or a `Callable`, is
    left as it is.

    Raises:
        MethodError: an option that the method does not have, one that is missing, or a value that does not fit.
    """
    for option in given:
        if option not in defaults:
            raise MethodError(
                f"{name} has no option {option!r}; its options are {', '.join(defaults) or 'none'}.",
                hint=nearest(option, defaults) or None,
            )
    missing = [option for option, default in defaults.items() if default is inspect.Parameter.empty]
    if absent := [option for option in missing if option not in given]:
        raise MethodError(f"{name} was not given {' and '.join(map(repr, absent))}, which it needs.")
    if not given:
        return {}
    hints = inspect.get_annotations(function, eval_str=True)
    return {option: _converted(name, option, hints.get(option, Any), value) for option, value in given.items()}


def repetition_seed(seed: int, repetition: int | None) -> int:
    """The seed of a repetition: 0 (or none) keeps the seed, any other draws its own, the same every time.

    Example:
        >>> repetition_seed(7, None), repetition_seed(7, 0)
        (7, 7)
        >>> repetition_seed(7, 1) != repetition_seed(7, 2)
        True
    """
    if not repetition:
        return seed
    return int.from_bytes(hashlib.sha256(f"{seed}/repetition/{repetition}".encode()).digest()[:4], "big") >> 1


def _converted(name: str, option: str, hint: Any, value: Any) -> Any:
    from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError

    try:
        adapter = TypeAdapter[Any](hint)
    except (PydanticSchemaGenerationError, PydanticUserError):
        return value
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        problem = error.errors()[0]["msg"]
        raise MethodError(f"{name} was given {option}={value!r}. {problem}.") from None
