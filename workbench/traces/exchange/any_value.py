"""AnyValue: JSON values as OTLP writes attribute values, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from workbench.messages import Json

__all__ = ["from_pairs", "to_pairs"]

_INT64: Final = 2**63
_NON_FINITE: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_pairs(values: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Named values as OTLP's `attributes`; integers are texts there, as protobuf's JSON has them.

    Example:
        >>> to_pairs({"n": 3})
        [{'key': 'n', 'value': {'intValue': '3'}}]
    """
    return [{"key": key, "value": _wrapped(value)} for key, value in values.items()]


def from_pairs(pairs: Sequence[Mapping[str, Any]]) -> dict[str, Json]:
    """OTLP's `attributes` as named values.

    Example:
        >>> from_pairs([{"key": "n", "value": {"intValue": "3"}}])
        {'n': 3}
    """
    return {str(pair["key"]): _plain(pair.get("value")) for pair in pairs}


def _wrapped(value: Json) -> dict[str, Json]:
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int() if -_INT64 <= value < _INT64:
            return {"intValue": str(value)}
        case int() | float():
            number = float(value)
            names = (name for name, odd in _NON_FINITE.items() if odd == number or (odd != odd and number != number))
            return {"doubleValue": number if math.isfinite(number) else next(names)}
        case Mapping():
            return {"kvlistValue": {"values": to_pairs(cast("Mapping[str, Json]", value))}}
        case list() | tuple():
            return {"arrayValue": {"values": [_wrapped(item) for item in cast("Sequence[Json]", value)]}}
        case _:
            return {"stringValue": str(value)}


def _plain(value: Json) -> Json:
    match value:
        case {"stringValue": text} | {"bytesValue": text}:
            return text
        case {"boolValue": truth}:
            return truth
        case {"intValue": number}:
            return int(number)
        case {"doubleValue": number}:
            return _NON_FINITE[number] if number in _NON_FINITE else float(number)
        case {"kvlistValue": inside}:
            return from_pairs(inside.get("values", ()))
        case {"arrayValue": inside}:
            return [_plain(item) for item in inside.get("values", ())]
        case _:
            return None
