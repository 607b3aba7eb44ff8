"""Buffers: what replay remembers, as arrays inside jit."""

from workbench.continual.buffers.reservoir import Reservoir, draw, empty, insert

__all__ = ["Reservoir", "draw", "empty", "insert"]
