"""A tool's result as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from workbench.messages import Json

__all__ = ["as_json"]


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
