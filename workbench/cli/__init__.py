"""The program `workbench`: what is installed and what is missing, the methods, the traces."""

from workbench.cli.program import main

__all__ = ["main"]
