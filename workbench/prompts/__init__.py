"""Prompts: a template with values in it becomes a message of words and pictures."""

from __future__ import annotations

from workbench.prompts.last_error import last_error
from workbench.prompts.template import Rendered, SharedTemplate, names_in, render, render_parts

__all__ = ["Rendered", "SharedTemplate", "last_error", "names_in", "render", "render_parts"]
