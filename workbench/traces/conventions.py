"""The OpenTelemetry GenAI names of the columns of `spans`, in both directions."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ATTRIBUTES",
    "CALLS",
    "COLUMN_OF",
    "INPUT_MESSAGES",
    "NESTED",
    "OPERATION",
    "OUTPUT_MESSAGES",
    "SPELLINGS",
    "SYSTEM_INSTRUCTIONS",
    "TOKENS",
    "TOOL_DEFINITIONS",
    "WORK",
]

OPERATION: Final = "gen_ai.operation.name"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"

# The operations that ask a model, and so cost tokens.
CALLS: Final = frozenset({"chat", "generate_content", "text_completion", "embeddings"})
# The operations that do work of their own: a call inside one of them, inside a call, is another request.
WORK: Final = frozenset({"execute_tool", "invoke_agent", "invoke_workflow"})
# Before the operation of a call inside a call: both are the same request, and the outer one is counted.
NESTED: Final = "nested_"

# column -> its attributes: the conventions' name first, then older ones and those of OpenLLMetry and pydantic-ai
SPELLINGS: Final[dict[str, tuple[str, ...]]] = {
    "operation": (OPERATION,),
    "model": ("gen_ai.request.model",),
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "response_model": ("gen_ai.response.model",),
    "response_id": ("gen_ai.response.id",),
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.details.cache_read_tokens",
    ),
    "cache_write_tokens": (
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.details.cache_write_tokens",
    ),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "llm.usage.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens",
    ),
    "input_audio_tokens": ("gen_ai.usage.audio.input_tokens", "gen_ai.usage.details.input_audio_tokens"),
    "input_image_tokens": ("gen_ai.usage.image.input_tokens",),
    "output_audio_tokens": ("gen_ai.usage.audio.output_tokens", "gen_ai.usage.details.output_audio_tokens"),
    "output_image_tokens": ("gen_ai.usage.image.output_tokens",),
    "conversation": ("gen_ai.conversation.id",),
    "tool_name": ("gen_ai.tool.name",),
    "error_type": ("error.type",),
}
# column -> attribute, as the conventions name it
ATTRIBUTES: Final[dict[str, str]] = {column: names[0] for column, names in SPELLINGS.items()}
# attribute -> column; older spellings are read too
COLUMN_OF: Final[dict[str, str]] = {name: column for column, names in SPELLINGS.items() for name in names}
# the columns that count tokens
TOKENS: Final = tuple(column for column in SPELLINGS if column.endswith("_tokens"))
