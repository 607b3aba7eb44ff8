"""All kinds of tools that people would define, and how questions for invented tools are put."""

from __future__ import annotations

from workbench.training.curriculum.arithmetic_tools import ARITHMETIC
from workbench.training.curriculum.everyday_tools import EVERYDAY
from workbench.training.curriculum.tool_concept import NUMBER_NAMES, Concept

__all__ = ["CONCEPTS", "DESCRIPTIONS_OF_INVENTED", "NUMBER_NAMES", "QUESTIONS_OF_INVENTED", "Concept"]

CONCEPTS: tuple[Concept, ...] = (*ARITHMETIC, *EVERYDAY)
DESCRIPTIONS_OF_INVENTED = (
    "The {n} of {k}.",
    "Compute the {n}.",
    "Get the {n} of {k}.",
    "Returns the {n}.",
    "",
    "Do a {n}.",
    "Finds {n}.",
)
QUESTIONS_OF_INVENTED = (
    "What is the {n} of {v}?",
    "Compute the {n} of {v}.",
    "Find the {n} of {v}.",
    "{n} {v}",
    "Call {n} with {v}.",
    "Use {n} on {v}.",
    "Tell me the {n} of {v}.",
    "Give me the {n} for {v}.",
    "Please {n} {v}.",
    "What does {n} give for {v}?",
)
