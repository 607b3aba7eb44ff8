"""Keys, and what the project's own rules name, never reach the store: they are cut out before a record is written.

Keys reach no output of a notebook either, and no error message: what shows something asks here.
"""

from __future__ import annotations

import html
import json
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from workbench.errors import clean_with
from workbench.messages import Json
from workbench.traces.encoding import dumps
from workbench.traces.key_shapes import may_hold_key, names_key, without_shapes
from workbench.traces.open_keys import opened, settled
from workbench.traces.rules import REDACTED, current_rules

__all__ = [
    "REDACTED",
    "Redactor",
    "hide",
    "key_variables",
    "redact",
    "redact_growing",
    "redact_json",
    "without_keys",
]

_SHORTEST: Final = 8  # a shorter value of a key variable is a word such as "true", and would be cut out everywhere
_RESCAN_SECONDS: Final = 0.25
_NO_WORD: Final = re.compile(r"[0-9A-Z]")
_ELLIPSIS: Final = re.compile(r"(…|\.\.\.)")


def key_variables() -> list[str]:
    """The names of the set environment variables that look like keys; never their values."""
    return sorted(name for name, value in os.environ.items() if value and names_key(name))


class Redactor:
    """Cuts out of text the values of key-like environment variables, seen now or earlier, and key shapes; then what the
    rules of `traces.redactor` name.

    A value shorter than 8 characters is left alone, and so are numbers.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # re-entrant: a finaliser may end a span while this thread looks for keys
        self._names: dict[str, str] = {}
        self._seen: frozenset[str] = frozenset()
        self._secrets: tuple[str, ...] = ()  # those seen, also as they stand in JSON and HTML
        self._count = -1
        self._told = 0
        self._generation = 0
        self._scanned_at = 0.0

    def suspects(self, text: str) -> bool:
        """Whether this text, raw or as JSON, may hold what has to go, as of the last `watch`; never wrongly False."""
        return bool(current_rules()) or may_hold_key(text, self._secrets)

    def text(self, text: str) -> str:
        """The text with every key, and every match of a rule, replaced by `[redacted]`."""
        rules = current_rules()
        return rules.text(self.name(text)) if rules else self.name(text)

    def name(self, text: str) -> str:
        """An identifier with every key replaced; rules do not change it, because rows are found by it."""
        self.watch()
        if not may_hold_key(text, self._secrets):
            return text
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return without_shapes(text)

    def growing(self, text: str) -> str:
        """A text that is still coming, redacted as far as it is settled: a key's beginning waits for its end."""
        self.watch()
        return self.text(text[: settled(text, self._secrets)])

    def cut(self, text: str) -> str:
        """What others may have cut short, as frames and errors are: a key's beginning goes too, before an ellipsis and
        at the end."""
        text = self.name(text)
        parts = _ELLIPSIS.split(text) if "…" in text or "..." in text else [text]
        for place in range(0, len(parts), 2):
            start = opened(parts[place], self._secrets)
            rest = parts[place][start:]
            known = any(secret.startswith(rest) for secret in self._secrets)
            if len(rest) >= _SHORTEST and (known or _NO_WORD.search(rest)):
                parts[place] = parts[place][:start] + REDACTED
        return "".join(parts)

    def values(self, value: Json) -> Json:
        """A JSON value with its strings, and its objects' names, redacted by `text`."""
        return self._mapped(self.text, value)

    def names(self, value: Json) -> Json:
        """A JSON value with its strings, and its objects' names, redacted by `name`."""
        return self._mapped(self.name, value)

    def watch(self) -> int:
        """Looks once a record whether the environment holds new keys; a number that grows when it, or a rule, does."""
        now = time.monotonic()
        if (
            len(os.environ) != self._count
            or len(_told) != self._told
            or now - self._scanned_at > _RESCAN_SECONDS
            or (self._names and any(os.environ.get(name) != value for name, value in self._names.items()))
        ):
            self._scan(now)
        return self._generation + current_rules().generation

    def leave_to_parent(self) -> None:
        """In a forked child: a lock that another thread of the parent may have held begins anew."""
        self._lock = threading.RLock()

    def _mapped(self, redacted: Callable[[str], str], value: Json) -> Json:
        """One look at the whole tells whether any string of it need be looked at; most have none."""
        self.watch()
        return _mapped(redacted if self.suspects(dumps(value)) else str, value)

    def _scan(self, now: float) -> None:
        pairs = os.environ.copy().items()
        names = {name: value for name, value in pairs if len(value) >= _SHORTEST and names_key(name)}
        with self._lock:
            seen = self._seen.union(names.values(), _told)
            if seen != self._seen:
                self._seen = seen
                # the longest first, so that a key which holds another key goes whole
                self._secrets = tuple(sorted(seen.union(*map(_escaped, seen)), key=len, reverse=True))
                self._generation += 1
            self._told = len(_told)
            self._names, self._count, self._scanned_at = names, len(pairs), now


def _mapped(redacted: Callable[[str], str], value: Json) -> Json:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {redacted(name): _mapped(redacted, item) for name, item in cast("Mapping[str, Any]", value).items()}
    return [_mapped(redacted, item) for item in cast("list[Any]", value)] if isinstance(value, list | tuple) else value


_told: frozenset[str] = frozenset()  # by `hide`, for every redactor of the process
_redactor: Final = Redactor()


def _escaped(secret: str) -> set[str]:
    """A key as it stands in JSON and in HTML."""
    in_json = (json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True))
    return {*in_json, html.escape(secret), html.escape(secret, quote=False)}


def redact(text: str) -> str:
    """The text with every key, and every match of a rule of `redactor`, replaced by `[redacted]`.

    Example:
        >>> redact("curl -H 'Authorization: Bearer abcdefghijklmnop1234'")
        "curl -H 'Authorization: Bearer [redacted]'"
    """
    return _redactor.text(text)


def redact_json(value: Json) -> Json:
    """A JSON value with its strings, and its objects' names, redacted.

    Example:
        >>> redact_json({"header": ["Bearer abcdefghijklmnop1234", 5]})
        {'header': ['Bearer [redacted]', 5]}
    """
    return _redactor.values(value)


def redact_growing(text: str) -> str:
    """A text that is still coming, redacted: what may be the beginning of a key waits for what comes after it.

    Example:
        >>> "sk-ab" in redact_growing("the key is sk-ab"), "sk-ab" in redact_growing("no sk-ab, or so it is said")
        (False, True)
    """
    return _redactor.growing(text)


def without_keys(text: str) -> str:
    """The text with every key replaced by `[redacted]`, also one that was cut short; rules leave the text as it is.

    Example:
        >>> without_keys("curl -H 'Authorization: Bearer abcdefghijklmnop1234'")
        "curl -H 'Authorization: Bearer [redacted]'"
    """
    return _redactor.cut(text)


def hide(named: Mapping[str, str]) -> None:
    """Cuts the values of key-like names out of all that is stored from now on, as if they were in the environment.

    Args:
        named: variables or headers, such as those of another program.

    Example:
        >>> hide({"X-Api-Key": "hunter2-hunter2", "MODE": "production"})
        >>> redact("hunter2-hunter2 in production")
        '[redacted] in production'
    """
    global _told
    keys = {value for name, value in named.items() if names_key(name)}
    _told = frozenset({*_told, *(value for value in keys if len(value) >= _SHORTEST)})


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_redactor.leave_to_parent)

clean_with(without_keys)
