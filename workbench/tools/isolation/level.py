"""Levels of isolation: which of them this system reaches, and the best one that a caller accepts."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Final

from workbench.errors import OptionError, ToolError, nearest
from workbench.tools.isolation.limits import Limits
from workbench.tools.isolation.outcome import Level
from workbench.tools.isolation.process import IsolatedProcess, RefusedError

__all__ = ["LEVELS", "best_level", "refusal"]

LEVELS: Final[tuple[Level, ...]] = ("process", "confined", "strict")  # the weakest first

_MEND: Final[dict[Level, str]] = {
    "strict": "strict needs Linux 5.12 with user namespaces for everybody: outside a container "
    "`sysctl user.max_user_namespaces kernel.apparmor_restrict_unprivileged_userns` should say more than 0, and 0; "
    'Docker allows them with --security-opt seccomp=unconfined. To accept less: at_least="confined", which needs '
    "Linux 6.2 and no rights; docs/tools.md says what each level holds.",
    "confined": "confined needs Linux 6.2 with Landlock, on x86-64 or arm64. To accept less: "
    'at_least="process", which keeps no file and no network from the program; docs/tools.md.',
    "process": "isolated runs need Linux or macOS.",
}


@lru_cache(maxsize=8)
def refusal(level: Level) -> str | None:
    """Why this system does not reach a level, found by running an empty program at it once; None where it does."""
    if os.name != "posix":
        return "this system has neither process limits nor sessions"
    try:
        IsolatedProcess("", level, Limits()).run()
    except RefusedError as error:
        return error.message
    return None


def best_level(at_least: Level) -> Level:
    """The strongest level that this system reaches.

    Args:
        at_least: the weakest one to accept.

    Raises:
        OptionError: a level that does not exist.
        ToolError: this system reaches no level that is accepted, with what to do.
    """
    if at_least not in LEVELS:
        raise OptionError(
            f"Isolation was asked for at_least={at_least!r}; allowed are {', '.join(LEVELS)}.",
            hint=nearest(at_least, LEVELS) or None,
        )
    for level in reversed(LEVELS):
        reason = refusal(level)
        if reason is None:
            return level
        if level == at_least:
            raise ToolError(f"Isolation level {at_least!r} cannot be reached here. {reason}", hint=_MEND[at_least])
    raise ToolError("Nothing can be run in isolation here.", hint=_MEND["process"])
