"""Traces that a page shows live: the kernel keeps the tables, the page asks for what it draws.

A view is saved as HTML without a script. Where a widget manager runs, a script takes its place until the kernel ends.
"""

from workbench.widgets.live.place import live_place
from workbench.widgets.live.trace_tables import ReadMessages, TraceTables

__all__ = ["ReadMessages", "TraceTables", "live_place"]
