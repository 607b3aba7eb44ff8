"""Tools: a Python function that a model may call, its JSON schema, and the call itself."""

from workbench.tools.call import call, call_all
from workbench.tools.define import tool
from workbench.tools.tool import Tool

__all__ = ["Tool", "call", "call_all", "tool"]
