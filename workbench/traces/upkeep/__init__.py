"""Upkeep: a store is looked through, made small, rid of old traces and of what should never have been written."""

from workbench.traces.upkeep.checking import Report, check
from workbench.traces.upkeep.compaction import compact
from workbench.traces.upkeep.history import Redacted, redact_history
from workbench.traces.upkeep.retention import Pruned, Retention, prune
from workbench.traces.upkeep.rewriting import Rewritten

__all__ = [
    "Pruned",
    "Redacted",
    "Report",
    "Retention",
    "Rewritten",
    "check",
    "compact",
    "prune",
    "redact_history",
]
