"""The OpenTelemetry provider of a store: what instrumented libraries are given to make their spans."""

from __future__ import annotations

from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

__all__ = ["Provider"]

_UNLIMITED: Final = SpanLimits.UNSET


class Provider(TracerProvider):
    """A provider of this process alone: no limits, no resource detection, and not switched off by OTEL_SDK_DISABLED,
    which is meant for exporters.

    Args:
        store: the processor that writes to the store.
    """

    def __init__(self, store: SpanProcessor) -> None:
        limits = SpanLimits(
            max_attributes=_UNLIMITED,
            max_events=_UNLIMITED,
            max_links=_UNLIMITED,
            max_span_attributes=_UNLIMITED,
            max_event_attributes=_UNLIMITED,
            max_link_attributes=_UNLIMITED,
            max_attribute_length=_UNLIMITED,
            max_span_attribute_length=_UNLIMITED,
        )
        resource = Resource({"service.name": "research-workbench"})
        super().__init__(sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=False, span_limits=limits)
        self._disabled = False
        self._listeners = 0
        self.add_span_processor(store)

    @property
    def is_heard(self) -> bool:
        """Whether somebody beside the store listens, so that our own spans must be spans of the SDK too."""
        return self._listeners > 1

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Lets another processor hear every span; an exporter to an OTLP back end, for instance."""
        self._listeners += 1
        super().add_span_processor(span_processor)

    def lose_listener(self) -> None:
        """A processor that was added hears no more."""
        self._listeners -= 1
