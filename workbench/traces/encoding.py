"""Any Python value as one line of JSON: whatever a program hands over, a record can be written."""

from __future__ import annotations

import base64
import dataclasses
import json
import math
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, date, datetime
from json.encoder import encode_basestring
from typing import Any, Final, cast

from workbench.messages import Json

__all__ = ["as_json", "canonical", "dumps", "quoted", "utf8"]

_DEPTH: Final = 64
_LONGEST_REPR: Final = 10_000


def dumps(value: Any) -> str:
    """The value as compact JSON on one line; what JSON lacks is converted by `as_json`.

    Example:
        >>> dumps({"loss": float("nan"), "shape": (2, 3)})
        '{"loss":"NaN","shape":[2,3]}'
    """
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError):
        return _ENCODER.encode(as_json(value))


def canonical(value: Json) -> str:
    """Plain JSON in the form of which a message's hash is taken: compact, with sorted names.

    Raises:
        TypeError, ValueError, RecursionError: it is not plain JSON.
    """
    return _CANONICAL.encode(value)


def quoted(text: str) -> str:
    """A string as JSON, as `dumps` and `canonical` write it.

    Raises:
        TypeError: it is no string.
    """
    return encode_basestring(text)


def utf8(text: str) -> bytes:
    """UTF-8; a lone surrogate, which UTF-8 cannot hold, becomes U+FFFD."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")


def as_json(value: Any, depth: int = 0) -> Json:
    """The value with only what JSON has: a non-finite float becomes its name, bytes become base64, a key a string.

    Args:
        value: anything; arrays become lists, dataclasses objects, unknown things their `repr`.
        depth: how deep this value lies; below 64 levels a value becomes its `repr`, which also ends cycles.
    """
    if value is None or isinstance(value, bool | str):
        return value if type(value) in (str, bool, type(None)) else str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _non_finite(value)
    if depth >= _DEPTH:
        return _words(value)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[Any, Any]", value)
        return {key if isinstance(key, str) else str(key): as_json(item, depth + 1) for key, item in pairs.items()}
    if isinstance(value, list | tuple | Set):
        return [as_json(item, depth + 1) for item in cast("Sequence[Any]", value)]
    return as_json(_odd(value), depth + 1)


def _odd(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"base64": base64.b64encode(bytes(cast("bytes", value))).decode("ascii")}
    if isinstance(value, datetime):
        aware = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        return aware.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Set):
        return list(cast("Set[Any]", value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(value, "dtype") and hasattr(value, "tolist"):  # numpy and jax scalars and arrays
        return cast("Any", value).tolist()
    return _words(value)


def _non_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _words(value: Any) -> str:
    try:
        return repr(value)[:_LONGEST_REPR]
    except Exception as error:  # noqa: BLE001 - a foreign __repr__ may raise anything, and a record must be written
        return f"<{type(value).__name__}: its repr raised {type(error).__name__}>"


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_odd)
_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
