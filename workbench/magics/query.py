"""The `$name` parameters of a query, taken from the notebook and bound, never pasted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from workbench.errors import OptionError, nearest

__all__ = ["bound_parameters"]

# strings, quoted names, dollar-quoted strings and comments first: a `$name` inside them is none
_TOKEN: Final = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | \$(\w*)\$.*?\$\1\$ | --[^\n]* | /\*.*?\*/
        | \$(?P<name>[^\W\d]\w*) | (?P<braces>\{\{\s*[^\W\d]\w*)""",
    re.VERBOSE | re.DOTALL,
)
_SCALARS: Final = (str, bytes, bool, int, float, Decimal, date, datetime, time, timedelta, UUID, type(None))


def bound_parameters(sql: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the query's `$name`s.

    Raises:
        OptionError: a name that the notebook does not have, a value that is no scalar, list or dict of them, or
            `{{name}}`, which would be pasted.

    Example:
        >>> bound_parameters("SELECT '$no' WHERE model = $model", {"model": "pocket"})
        {'model': 'pocket'}
    """
    found: dict[str, Any] = {}
    for match in _TOKEN.finditer(sql):
        if braces := match["braces"]:
            name = braces.strip("{ \t\n")
            raise OptionError(
                f"%%traces was given '{{{{{name}…'; a query takes no templates, so that no text becomes SQL.",
                hint=f"${name} binds the variable's value",
            )
        name = match["name"]
        if name is None or name in found:
            continue
        if name not in names:
            public = [known for known in names if not known.startswith("_")]
            raise OptionError(
                f"%%traces was given ${name}, which is not defined. {nearest(name, public)}".rstrip(),
                hint=f"set it in a cell above: {name} = …",
            )
        found[name] = _bindable(name, names[name])
    return found


def _bindable(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_bindable(name, item) for item in value]
    if isinstance(value, dict):
        return {key: _bindable(name, item) for key, item in value.items()}
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()  # a number of NumPy or JAX
    raise OptionError(
        f"%%traces was given ${name}, which is a {type(value).__name__}; a parameter is text, a number, a time, a list "
        "or a dict.",
        hint=f"{name} = list({name})",
    )
