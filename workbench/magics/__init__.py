"""Magics: `%%llm` asks a model, `%%tool` defines tools, `%%traces` reads the store.

`%load_ext workbench` calls `load`. Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from workbench.magics.answer import CellAnswer, Spent
from workbench.magics.extension import load, unload

__all__ = ["CellAnswer", "Spent", "load", "unload"]
