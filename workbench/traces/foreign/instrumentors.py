"""The installed instrumentors of libraries that ask models, and which one is taken for each library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

__all__ = ["Instrumentor", "installed"]

_GROUP: Final = "opentelemetry_instrumentor"
# Of several for one library the first kind is taken: OpenTelemetry's own gives content to whoever asks, and to no other
# exporter; OpenInference's covers the most libraries; OpenLLMetry's comes last.
_KINDS: Final = (
    "opentelemetry-instrumentation-genai-",
    "openinference-instrumentation-",
    "opentelemetry-instrumentation-",
)
# The last kind is also that of web frameworks and databases; of it, these ask models.
_LIBRARIES: Final = (
    *("agno", "alephalpha", "anthropic", "bedrock", "botocore-bedrock", "claude-agent-sdk", "cohere", "crewai"),
    *("google-adk", "google-genai", "google-generativeai", "groq", "haystack", "huggingface-hub", "langchain"),
    *("litellm", "llamaindex", "mcp", "mistralai", "ollama", "openai", "openai-agents", "openai-agents-v2"),
    *("openai-v2", "replicate", "sagemaker", "together", "transformers", "vertexai", "voyageai", "watsonx"),
    *("weaviate", "writer"),
)


@dataclass(frozen=True, slots=True)
class Instrumentor:
    """An installed package that makes a library's calls into spans.

    Args:
        library: what it instruments, such as `openai`.
        distribution: the package that holds it.
        version: of that package.
        point: where its class is.
    """

    library: str
    distribution: str
    version: str
    point: EntryPoint

    def open(self) -> Any:
        """The instrumentor itself: there is one in a process."""
        return self.point.load()()

    def is_called(self, name: str) -> bool:
        """Whether somebody who says this name means it: its library's, or its distribution's."""
        return _plain(name) in (_plain(self.library), _plain(self.distribution))

    def __str__(self) -> str:
        return f"{self.library} by {self.distribution} {self.version}"


def installed() -> Mapping[str, list[Instrumentor]]:
    """Library -> its instrumentors, the preferred one first."""
    found: dict[str, list[Instrumentor]] = {}
    for one in sorted(_all(), key=lambda one: (_kind(one.distribution), one.distribution)):
        found.setdefault(_plain(one.library), []).append(one)
    return found


def _all() -> Iterable[Instrumentor]:
    for point in entry_points(group=_GROUP):
        if point.dist is not None and _asks_models(point.dist.name.lower().replace("_", "-")):
            yield Instrumentor(point.name, point.dist.name, point.dist.version, point)


def _asks_models(distribution: str) -> bool:
    kind = _KINDS[-1]
    return distribution.startswith(_KINDS[:-1]) or (
        distribution.startswith(kind) and distribution.removeprefix(kind) in _LIBRARIES
    )


def _kind(distribution: str) -> int:
    return next(place for place, kind in enumerate(_KINDS) if distribution.lower().replace("_", "-").startswith(kind))


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
