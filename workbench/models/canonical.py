"""The canonical form of a request, and the hash that names it: what a cache and a recording look for."""

from __future__ import annotations

import hashlib
import json
import uuid
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, cast

from workbench.messages import Json, message_to_json
from workbench.models.model import Model, Request
from workbench.traces.key_shapes import names_key

__all__ = ["body_hash", "identity_of", "request_hash", "request_to_json", "version_of"]

# objects that are asked under a name that others may have: a reference, and what tells them apart
_made: Final[dict[int, tuple[weakref.ref[Model], str]]] = {}
_CREDENTIALS: Final = frozenset({"api-key", "authorization", "proxy-authorization", "x-api-key", "x-goog-api-key"})


def request_to_json(request: Request) -> dict[str, Json]:
    """All of a request that can change its answer: messages, tools, settings, schema.

    Timeouts are left out, and headers that hold a key: who asks with another key asks the same.
    """
    settings = request.settings
    return {
        "messages": [message_to_json(message) for message in request.messages],
        "tools": [[tool.name, tool.description, dict(tool.parameters)] for tool in request.tools],
        "settings": {
            "temperature": _number(settings.temperature),
            "top_p": _number(settings.top_p),
            "max_tokens": settings.max_tokens,
            "seed": settings.seed,
            "stop": list(settings.stop),
            "logprobs": settings.logprobs,
            "extra": {name: _without_keys(name, value) for name, value in settings.extra.items()},
        },
        "schema": None if request.schema is None else dict(request.schema),
    }


def request_hash(request: Request) -> str:
    """32 hex digits over the canonical JSON of a request.

    Example:
        >>> from workbench.messages import user
        >>> request_hash(Request((user("hi"),))) == request_hash(Request((user("hi"),)))
        True
    """
    return body_hash(request_to_json(request))


def body_hash(request: Mapping[str, Json]) -> str:
    """The same of a request that is JSON already."""
    body = json.dumps(request, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def version_of(model: Model) -> str:
    """What tells this model from another of its name: the hash of its weights, or the address that is asked.

    A wrapper, which has its model as `inner`, answers as that one does.
    """
    return str(getattr(_innermost(model), "version", None) or "")


def identity_of(model: Model) -> str:
    """What tells this model from every other one of its name, for the cache: its version.

    A model without one, such as an object of a notebook, is itself for as long as it lives, and nobody later.
    """
    if version := version_of(model):
        return version
    made = _innermost(model)
    kept = _made.get(id(made))
    if kept is not None and kept[0]() is made:
        return kept[1]
    name, place = f"object {uuid.uuid4().hex}", id(made)
    with suppress(TypeError):  # an object that nothing can refer to weakly is another one each time
        _made[place] = weakref.ref(made, lambda _: _made.pop(place, None)), name
    return name


def _innermost(model: Model) -> Model:
    while (inner := getattr(model, "inner", None)) is not None:
        model = inner
    return model


def _number(value: float | None) -> float | None:
    """1 and 1.0 are the same temperature."""
    return None if value is None else float(value)


def _without_keys(name: str, value: Json) -> Json:
    if name != "extra_headers" or not isinstance(value, Mapping):
        return value
    headers = cast("Mapping[str, Json]", value)
    return {
        header: text for header, text in headers.items() if header.lower() not in _CREDENTIALS and not names_key(header)
    }
