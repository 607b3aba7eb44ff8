"""Models: things one asks. Names, the traced wrapper, hosted and local models, doubles for tests, prices."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.models.budget import BudgetExceededError, set_budget
from workbench.models.cache import sample_index
from workbench.models.catalogue import open_model
from workbench.models.controls import caching, record, replay
from workbench.models.limits import set_limit
from workbench.models.model import (
    Attempt,
    CallError,
    Capabilities,
    Delta,
    Model,
    Origin,
    Reply,
    Request,
    Settings,
    StreamEvent,
    TokenLogprob,
)
from workbench.models.names import ModelName, model_names, parse
from workbench.models.recorded import RecordedModel, record_to
from workbench.models.scripted import Cut, ScriptedModel
from workbench.models.traced import Traced
from workbench.prices import Price, cost_usd

if TYPE_CHECKING:
    from workbench.models.hosted import HostedModel

__all__ = [
    "Attempt",
    "BudgetExceededError",
    "CallError",
    "Capabilities",
    "Cut",
    "Delta",
    "HostedModel",
    "Model",
    "ModelName",
    "Origin",
    "Price",
    "RecordedModel",
    "Reply",
    "Request",
    "ScriptedModel",
    "Settings",
    "StreamEvent",
    "TokenLogprob",
    "Traced",
    "caching",
    "cost_usd",
    "model_names",
    "open_model",
    "parse",
    "record",
    "record_to",
    "replay",
    "sample_index",
    "set_budget",
    "set_limit",
]

_LAZY = {
    "HostedModel": "workbench.models.hosted",
}


def __getattr__(name: str) -> Any:
    """Names that wait for their first use."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
