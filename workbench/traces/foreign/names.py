"""Names that libraries spell differently: providers, roles, reasons to stop, operations."""

from __future__ import annotations

from typing import Final

from workbench.messages import Role

__all__ = ["finish_reason", "operation", "provider", "role"]

# lower-case spelling -> the conventions' gen_ai.provider.name
_PROVIDERS: Final = {
    "aws": "aws.bedrock",
    "aws_bedrock": "aws.bedrock",
    "az.ai.inference": "azure.ai.inference",
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.inference",
    "azure_ai": "azure.ai.inference",
    "azure_openai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gen_ai",
    "google-gla": "gcp.gemini",
    "google-vertex": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "moonshot": "moonshot_ai",
    "moonshotai": "moonshot_ai",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
_ROLES: Final = {
    "ai": "assistant",
    "agent": "assistant",
    "chatbot": "assistant",
    "developer": "system",
    "function": "tool",
    "human": "user",
    "model": "assistant",
}
_REASONS: Final = {
    "complete": "stop",
    "completed": "stop",
    "content_filtered": "content_filter",
    "end_turn": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "finish_reason_stop": "stop",
    "function_call": "tool_call",
    "max_output_tokens": "length",
    "max_tokens": "length",
    "model_length": "length",
    "prohibited_content": "content_filter",
    "refusal": "content_filter",
    "safety": "content_filter",
    "stop_sequence": "stop",
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
}
# of OpenInference's span kinds, OpenLLMetry's request types and Traceloop's span kinds, in lower case
_OPERATIONS: Final = {
    "agent": "invoke_agent",
    "completion": "text_completion",
    "embedding": "embeddings",
    "llm": "chat",
    "retriever": "retrieval",
    "tool": "execute_tool",
    "workflow": "invoke_workflow",
}


def provider(name: str, api: str | None = None) -> str:
    """The provider as the conventions name it; one that they do not name, in lower case.

    Args:
        name: as the library says.
        api: whose API it speaks, where the library says that apart.

    Example:
        >>> provider("MistralAI"), provider("azure", "openai"), provider("Together")
        ('mistral_ai', 'azure.ai.openai', 'together')
    """
    known, spoken = name.lower(), (api or "").lower()
    if known == "azure" and spoken == "openai":
        return "azure.ai.openai"
    if known == "google" and spoken == "vertexai":
        return "gcp.vertex_ai"
    return _PROVIDERS.get(known, known)


def role(name: object) -> Role:
    """Who speaks; whoever is not known is taken as the user.

    Example:
        >>> role("developer"), role("ai"), role("narrator")
        ('system', 'assistant', 'user')
    """
    known = str(name).lower()
    known = _ROLES.get(known, known)
    return known if known in ("system", "user", "assistant", "tool") else "user"


def finish_reason(name: str) -> str:
    """Why a model stopped, in the words of the column.

    Example:
        >>> finish_reason("end_turn"), finish_reason("tool_calls"), finish_reason("MAX_TOKENS")
        ('stop', 'tool_call', 'length')
    """
    known = name.lower()
    return _REASONS.get(known, known)


def operation(kind: str) -> str:
    """A kind of span as a `gen_ai.operation.name`; a kind that the conventions do not have, in lower case.

    Example:
        >>> operation("LLM"), operation("TOOL"), operation("GUARDRAIL")
        ('chat', 'execute_tool', 'guardrail')
    """
    known = kind.lower()
    return _OPERATIONS.get(known, known)
