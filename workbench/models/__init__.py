"""Models: things one asks. Names, the traced wrapper, hosted and local models, doubles for tests, prices."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.models.catalogue import open_model
from workbench.models.model import (
    Attempt,
    CallError,
    Capabilities,
    Delta,
    Model,
    Reply,
    Request,
    Settings,
    StreamEvent,
    TokenLogprob,
)
from workbench.models.names import ModelName, model_names, parse
from workbench.models.scripted import Cut, ScriptedModel
from workbench.models.traced import Traced
from workbench.prices import Price, cost_usd

if TYPE_CHECKING:
    from workbench.models.hosted import HostedModel
    from workbench.models.recorded import RecordedModel, record_to

__all__ = [
    "Attempt",
    "CallError",
    "Capabilities",
    "Cut",
    "Delta",
    "HostedModel",
    "Model",
    "ModelName",
    "Price",
    "RecordedModel",
    "Reply",
    "Request",
    "ScriptedModel",
    "Settings",
    "StreamEvent",
    "TokenLogprob",
    "Traced",
    "cost_usd",
    "model_names",
    "open_model",
    "parse",
    "record_to",
]

_LAZY = {
    "HostedModel": "workbench.models.hosted",
    "RecordedModel": "workbench.models.recorded",
    "record_to": "workbench.models.recorded",
}


def __getattr__(name: str) -> Any:
    """Names that wait for their first use."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
