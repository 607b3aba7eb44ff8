"""Whether a model can do what a request asks."""

from __future__ import annotations

from workbench.errors import CapabilityError
from workbench.messages import Image
from workbench.models.model import Model, Request

__all__ = ["require"]


def require(model: Model, request: Request) -> None:
    """Checks a request against what the model declares.

    Raises:
        CapabilityError: it has tools, a schema, pictures, or asks for log-probabilities, and the model has not.

    Example:
        >>> from workbench.messages import ToolDefinition
        >>> from workbench.models.model import Capabilities
        >>> from workbench.models.scripted import ScriptedModel
        >>> require(ScriptedModel(capabilities=Capabilities()), Request((), (ToolDefinition("add", "", {}),)))
        Traceback (most recent call last):
            ...
        workbench.errors.CapabilityError: Model 'scripted' cannot call tools.
        ...
    """
    able = model.capabilities
    pictures = any(isinstance(part, Image) for message in request.messages for part in message.parts)
    asked = {
        "call tools": bool(request.tools) and not able.tools,
        "answer by a JSON schema": request.schema is not None and not able.schema,
        "give log-probabilities": request.settings.logprobs and not able.logprobs,
        "see pictures": pictures and not able.images,
    }
    lacking = [what for what, lacks in asked.items() if lacks]
    if lacking:
        can = [name for name in type(able).__dataclass_fields__ if getattr(able, name)]
        raise CapabilityError(
            f"Model {model.name!r} cannot {' or '.join(lacking)}.",
            hint=f"it has {', '.join(can) or 'text alone'}; choose another with -m, `%llm models` lists them.",
        )
