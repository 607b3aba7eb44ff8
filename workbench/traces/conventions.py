"""The OpenTelemetry GenAI names of the columns of `spans`, in both directions."""

from __future__ import annotations

from typing import Final

__all__ = ["ATTRIBUTES", "CALLS", "COLUMN_OF", "INPUT_MESSAGES", "OPERATION", "OUTPUT_MESSAGES"]

OPERATION: Final = "gen_ai.operation.name"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"

# The operations that ask a model, and so cost tokens.
CALLS: Final = frozenset({"chat", "generate_content", "text_completion", "embeddings"})

# column -> attribute, as the conventions name it
ATTRIBUTES: Final[dict[str, str]] = {
    "operation": OPERATION,
    "model": "gen_ai.request.model",
    "provider": "gen_ai.provider.name",
    "response_model": "gen_ai.response.model",
    "response_id": "gen_ai.response.id",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_write.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "conversation": "gen_ai.conversation.id",
    "tool_name": "gen_ai.tool.name",
    "error_type": "error.type",
}

# attribute -> column; older spellings are read too
COLUMN_OF: Final[dict[str, str]] = {attribute: column for column, attribute in ATTRIBUTES.items()} | {
    "gen_ai.system": "provider",
    "gen_ai.usage.cache_creation.input_tokens": "cache_write_tokens",
    "gen_ai.usage.cache_read_input_tokens": "cache_read_tokens",
    "gen_ai.usage.cache_creation_input_tokens": "cache_write_tokens",
}
