"""Rules of redaction: what a project wants cut out of its traces, beside keys."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Final, TypeAlias

from workbench.errors import OptionError
from workbench.traces.health import StoreWarning

__all__ = ["REDACTED", "Rule", "Rules", "current_rules", "redactor"]

REDACTED: Final = "[redacted]"

Rule: TypeAlias = Callable[[str], str] | re.Pattern[str] | str


class Rules:
    """Functions and patterns, applied one after the other.

    Attributes:
        given: as they were given, to hand on to another process.
        generation: how many sets of rules there were before; what was redacted under older ones is not remembered.
    """

    def __init__(self, *given: Rule, generation: int = 0) -> None:
        self.given = given
        self.generation = generation
        self._functions = [_function(rule) for rule in given]
        self._has_failed = False

    def __bool__(self) -> bool:
        return bool(self._functions)

    def text(self, text: str) -> str:
        """The text as the rules leave it; `[redacted]` where a rule failed, so that nothing goes through unseen."""
        try:
            for function in self._functions:
                text = _text(function(text))
        except Exception as error:  # noqa: BLE001 - a rule is a user's code, and a call must not fail because of it
            self._say(error)
            return REDACTED
        return text

    def _say(self, error: Exception) -> None:
        if not self._has_failed:
            self._has_failed = True
            warnings.warn(
                f"A rule of traces.redactor raised {type(error).__name__}: {error}. The texts on which it fails are "
                f"stored as {REDACTED}.",
                StoreWarning,
                stacklevel=2,
            )


def _function(rule: Rule) -> Callable[[str], str]:
    if callable(rule):
        return rule
    try:
        pattern = re.compile(rule)
        return lambda text: pattern.sub(REDACTED, text)
    except (re.error, TypeError) as error:
        raise OptionError(
            f"traces.redactor was given {rule!r}, which is no regular expression ({error}); it takes functions from "
            "str to str, compiled patterns and regular expressions.",
            hint=r"traces.redactor(r'[\w.]+@[\w.]+', my_function)",
        ) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"it returned {value!r}, and a rule returns a string")
    return value


_current: Final = [Rules()]


def current_rules() -> Rules:
    """The process's rules."""
    return _current[0]


def redactor(*rules: Rule) -> None:
    r"""Says what is cut out of every text before it is written, after keys; earlier rules no longer hold.

    The rules see the texts of messages, the arguments and results of tools, attributes, error messages, and the texts
    of samples, scores and feedback, one string after the other; not identifiers, such as a model's or a run's name.
    They hold in this process, and in what `carry` takes to another one. What was written before stays as it is.

    Args:
        rules: functions from a string to a string, and patterns, of which each match becomes `[redacted]`. None at all
            ends redaction by rules. A function that raises turns the whole string into `[redacted]`.

    Raises:
        OptionError: a text that is no regular expression.

    Example:
        >>> redactor(r"[\w.]+@[\w.]+", str.strip)
        >>> from workbench.traces import redact
        >>> redact(" write to ada@example.org ")
        'write to [redacted]'
        >>> redactor()
    """
    _current[0] = Rules(*rules, generation=_current[0].generation + 1)
