"""Foreign spans: the dialects of other libraries' traces, read into the store's columns and messages.

One module for each dialect: `genai` (OpenTelemetry's own, new and old, with OpenLLMetry) and `openinference`.
"""

from __future__ import annotations

from workbench.traces.foreign.event import Event
from workbench.traces.foreign.reading import Reading, kind_of, read

__all__ = ["Event", "Reading", "kind_of", "read"]
