"""What a person says of an answer, as a row of the table `feedback`."""

from __future__ import annotations

import os
import re
from typing import Final

from workbench import traces
from workbench.errors import OptionError, StoreError
from workbench.traces.feedback import give_feedback

__all__ = ["rate", "read_rating"]

_TRACE: Final = re.compile(r"@([0-9a-f]{32})")
_THUMBS: Final = {"up": True, "down": False}
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_LABEL: Final = re.compile(r"[\w.:/-]{1,60}")
_HINT: Final = '%llm rate up, %llm rate down "it is out of date", %llm rate 4, %llm rate off-topic'
_ANSWER: Final = """
SELECT span_id FROM spans WHERE trace_id = $trace
ORDER BY parent_id IS NOT NULL, started_at, span_id LIMIT 1
"""


def rate(trace_id: str | None, verdict: str, note: str | None = None) -> str:
    """Stores what is said of an answer; a second thumb or number takes the place of the first, labels add up.

    Args:
        trace_id: of the answer.
        verdict: `up`, `down`, a number, or a label.
        note: in words.

    Returns:
        what was stored, in words.

    Raises:
        OptionError: a verdict that is none, or an answer without a trace.
        StoreError: the store has not kept the answer, or cannot be read.
    """
    if not _LABEL.fullmatch(verdict) and not _NUMBER.fullmatch(verdict):
        raise OptionError(f"A rating was given {verdict!r}; it is up, down, a number, or a label of one word.", _HINT)
    if trace_id is None:
        raise OptionError("This answer has no trace, so nothing can be said of it: no model was asked.", _HINT)
    found = traces.store().query(_ANSWER, trace=trace_id)
    if found.is_empty():
        raise StoreError(
            f"The store has no trace {trace_id}: it was sampled out, removed, or lies in another store.",
            hint="%llm store shows which store is in use",
        )
    bit, number = _THUMBS.get(verdict), float(verdict) if _NUMBER.fullmatch(verdict) else None
    label = verdict if bit is None and number is None else None
    name = "thumbs" if bit is not None else "rating" if number is not None else "label"
    author = os.environ.get("WORKBENCH_AUTHOR") or os.environ.get("JUPYTERHUB_USER")
    give_feedback(found["span_id"][0], name, bool=bit, number=number, label=label, comment=note, author=author)
    return f"{verdict}{f': {note}' if note else ''}"


def read_rating(argument: str) -> tuple[str | None, str, str | None]:
    """The trace if one is named (`@` and its id), the verdict, and the note.

    Raises:
        OptionError: there is no verdict.

    Example:
        >>> read_rating('down "it is out of date"')
        (None, 'down', 'it is out of date')
    """
    words = argument.strip()
    trace = _TRACE.match(words)
    if trace:
        words = words[trace.end() :].strip()
    verdict, _, note = words.partition(" ")
    if not verdict:
        raise OptionError("%llm rate was given no verdict; it takes up, down, a number, or a label.", hint=_HINT)
    note = note.strip()
    if len(note) > 1 and note[0] == note[-1] and note[0] in "\"'":
        note = note[1:-1]
    return trace[1] if trace else None, verdict, note or None
