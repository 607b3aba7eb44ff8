"""Token counts on which dialects disagree: whether the input includes what came from a cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from workbench.traces.foreign.said import Said

__all__ = ["with_cached"]

_TOTALS: Final = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total")


def with_cached(columns: Mapping[str, Any], said: Said) -> dict[str, Any]:
    """The columns, with input tokens that include cached ones.

    The GenAI conventions want `gen_ai.usage.input_tokens` to include what was read from and written to a cache, and for
    Anthropic, whose own count excludes both, to be the sum of the three. OpenInference and OpenLLMetry sum them too
    since March 2025 and October 2024. A library that passes Anthropic's own count on is known by its figures: more
    cached than all input, or a total that only the sum of all gives. Then, and only then, they are added here.

    The total is taken out where it is the sum of input and output: it says nothing more.
    """
    row = dict(columns)
    input, output = row.get("input_tokens"), row.get("output_tokens")
    cached = (row.get("cache_read_tokens") or 0) + (row.get("cache_write_tokens") or 0)
    totals = {name: said.left[name] for name in _TOTALS if name in said.left}
    if input is not None and cached:
        whole = input + cached + (output or 0)
        if cached > input or whole in totals.values():
            row["input_tokens"] = input + cached
    counted = (row.get("input_tokens") or 0) + (output or 0)
    if counted:
        said.drop(*(name for name, total in totals.items() if total == counted))
    return row
