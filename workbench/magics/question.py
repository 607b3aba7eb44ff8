"""A prompt of `%llm` that ends with a question mark is a question to the model.

IPython takes any line that ends with `?` as a request for help on its last word. `%llm?` stays one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from tokenize import DEDENT, INDENT, TokenInfo
from typing import Final

from IPython.core.inputtransformer2 import TokenTransformBase

__all__ = ["QuestionToModel"]

_LINE: Final = re.compile(r"(?P<left>[^%=]*=\s*)?%llm\s+(?P<rest>\S.*\?)\s*")


class QuestionToModel(TokenTransformBase):
    """Turns `%llm What is love?` and `x = %llm What is love?` into a call of the magic before IPython sees the mark."""

    priority = 1  # before IPython's own HelpEnd, which has 5

    @classmethod
    def find(cls, tokens_by_line: Sequence[Sequence[TokenInfo]]) -> QuestionToModel | None:
        """The first such line of a cell that is a statement, and not inside a string or brackets."""
        for line in tokens_by_line:
            first = next((token for token in line if token.type not in (INDENT, DEDENT)), None)
            if first is not None and _LINE.fullmatch(first.line[first.start[1] :].rstrip("\n")):
                return cls(first.start)
        return None

    def transform(self, lines: list[str]) -> list[str]:
        """The cell with that line as Python."""
        line = lines[self.start_line]
        match = _LINE.fullmatch(line[self.start_col :].rstrip("\n"))
        if match is None:
            raise SyntaxError(line)
        call = f"get_ipython().run_line_magic('llm', {match['rest']!r})"
        said = f"{line[: self.start_col]}{match['left'] or ''}{call}\n"
        return [*lines[: self.start_line], said, *lines[self.start_line + 1 :]]
