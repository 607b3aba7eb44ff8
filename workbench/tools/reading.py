"""Long results: stored whole with the call's span, told to the model in part, with a handle to read on."""

from __future__ import annotations

import json
from typing import Final

from workbench import traces
from workbench.errors import ToolError
from workbench.messages import Json
from workbench.tools.define import tool
from workbench.tools.tool import Tool

__all__ = ["READER", "result_reader", "shortened"]

READER: Final = "read_result"
_LONGEST: Final = 8_000
_RESULT: Final = """
    SELECT attributes->>'$."gen_ai.tool.call.result"' AS text FROM spans
    WHERE span_id = $handle AND operation = 'execute_tool'
"""


def result_reader() -> Tool:
    """The tool `read_result`, with which a model reads on in a result that it was told in part.

    A call shortens long results only where this tool is among those that the model may call.
    """

    def read_result(handle: str, start: int = 0, length: int = 4000) -> str:
        """Read a part of a long result of an earlier tool call.

        Args:
            handle: the handle that the shortened result names.
            start: the first character, from 0.
            length: how many characters, at most 8000.
        """
        rows = traces.query(_RESULT, handle=handle).rows()
        if not rows or rows[0][0] is None:
            raise ToolError(f"There is no result with the handle {handle!r}.")
        text = str(rows[0][0])
        if not 0 <= start < max(1, len(text)):
            raise ToolError(f"start={start!r} is outside of the result, which has {len(text)} characters.")
        end = min(len(text), start + max(1, min(length, _LONGEST)))
        return text[start:end] + ("" if end == len(text) else f"\n[characters {start} to {end} of {len(text)}]")

    return tool(read_result)


def shortened(response: Json, handle: str, characters: int) -> Json:
    """The result itself where it is short, else its beginning with the handle to the rest.

    Example:
        >>> print(shortened("abcdefgh", "00f1", 3))
        abc
        [characters 0 to 3 of 8; read on with read_result(handle="00f1", start=3)]
    """
    text = response if isinstance(response, str) else json.dumps(response, ensure_ascii=False, separators=(",", ":"))
    if len(text) <= characters:
        return response
    return (
        f"{text[:characters]}\n[characters 0 to {characters} of {len(text)}; "
        f'read on with {READER}(handle="{handle}", start={characters})]'
    )
