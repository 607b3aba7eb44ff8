"""What came of an isolated run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from workbench.messages import Json

__all__ = ["Ending", "Level", "Outcome", "plain_text"]

Level: TypeAlias = Literal["process", "confined", "strict"]
Ending: TypeAlias = Literal["finished", "error", "exit", "time", "cpu", "output", "killed", "cancelled"]

_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain_text(text: str) -> str:
    """The text without escape sequences of terminals and without control characters, except tabs and line ends.

    Example:
        >>> plain_text("\\x1b[31mred\\x1b[0m\\r\\nnext\\x07")
        'red\\nnext'
    """
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an isolated program came to.

    Level, ending, seconds and exit code are observed from outside. Value, text and error are what the program's process
    said: a program can make them up, as it can compute any value.

    Args:
        level: how it was confined.
        ended: `finished`; `error`, it raised; `exit`, it ended itself; `time`, `cpu` or `output`, it passed that limit
            and was killed; `killed`, by a signal; `cancelled`, from outside.
        value: the result, where it is JSON; None where it is not.
        text: the result's `repr`; None where there is no result.
        stdout: what it wrote, up to the limit, without control characters.
        stderr: the same.
        error: the traceback.
        exit_code: of the process; negative, the signal.
        seconds: by the wall clock.
        cpu_seconds: of the process and its helpers.
        unset: the limits that this system did not take.
    """

    level: Level
    ended: Ending
    value: Json = None
    text: str | None = None
    stdout: str = ""
    stderr: str = ""
    error: str | None = None
    exit_code: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    unset: Sequence[str] = ()
