"""Keys never reach the store: they are cut out before a record is written."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Mapping
from typing import Any, Final, cast

from workbench.messages import Json

__all__ = ["REDACTED", "Redactor", "key_variables", "redact"]

REDACTED: Final = "[redacted]"

_SHORTEST: Final = 8  # a shorter value of a key variable is a word such as "true", and would be cut out everywhere
_RESCAN_SECONDS: Final = 0.25
_KEY_NAME: Final = re.compile(
    r"(^|_)(key|token|passwd|passphrase|pat)s?$|api_?key|access_?key|private_?key|secret|password", re.IGNORECASE
)
# A text that has none of these has no key shape; looking for them takes a microsecond, the patterns fifty.
_MARKS: Final = (
    "sk-", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_", "gsk_", "xai-", "nvapi-",
    "pplx-", "r8_", "xox", "AKIA", "ASIA", "earer", "EARER", "eyJ", "PRIVATE KEY", "secret_access_key",
    "SECRET_ACCESS_KEY",
)  # fmt: skip
_SHAPES: Final = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        sk-(?=[a-z_-]*[0-9A-Z])[A-Za-z0-9_-]{16,}
      | AIza[A-Za-z0-9_-]{30,}
      | (?:gh[pousr]|hf|gsk|r8|github_pat)_[A-Za-z0-9_]{20,}
      | (?:xai|nvapi|pplx|glpat)-[A-Za-z0-9_-]{20,}
      | xox[abeprs]-[A-Za-z0-9-]{10,}
      | (?:AKIA|ASIA)[A-Z0-9]{16}
      | eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}
    )
    | (?<=-----BEGIN)[A-Z ]*PRIVATE\ KEY-----.*?(?:-----END[A-Z ]*PRIVATE\ KEY-----|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_SHAPES_ANY_CASE: Final = re.compile(
    r"""(?<=bearer)\s+[A-Za-z0-9._~+/-]{16,}=*|(?<=secret_access_key)["'\s]*[=:]["'\s]*[A-Za-z0-9/+]{40}""",
    re.IGNORECASE,
)


def key_variables() -> list[str]:
    """The names of the set environment variables that look like keys; never their values."""
    return sorted(name for name, value in os.environ.items() if value and _KEY_NAME.search(name))


class Redactor:
    """Cuts keys out of text: the values of key-like environment variables, seen now or earlier, and key shapes.

    A value shorter than 8 characters is left alone. Numbers are left alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._secrets: tuple[str, ...] = ()
        self._needles: tuple[str, ...] = ()
        self._count = -1
        self._scanned_at = 0.0

    def suspects(self, text: str) -> bool:
        """Whether this text, raw or as JSON, may hold a key: cheap, and never wrongly False."""
        self._watch()
        return any(mark in text for mark in _MARKS) or any(needle in text for needle in self._needles)

    def text(self, text: str) -> str:
        """The text with every key replaced by `[redacted]`."""
        if not self.suspects(text):
            return text
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return _SHAPES_ANY_CASE.sub(" " + REDACTED, _SHAPES.sub(REDACTED, text))

    def values(self, value: Json) -> Json:
        """A JSON value with every key in its strings, and in its objects' names, replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            pairs = cast("Mapping[str, Any]", value)
            return {self.text(name): self.values(item) for name, item in pairs.items()}
        if isinstance(value, list | tuple):
            return [self.values(item) for item in cast("list[Any]", value)]
        return value

    def _watch(self) -> None:
        now = time.monotonic()
        if (
            len(os.environ) == self._count
            and now - self._scanned_at < _RESCAN_SECONDS
            and all(os.environ.get(name) == value for name, value in self._names.items())
        ):
            return
        names = {
            name: value for name, value in os.environ.items() if len(value) >= _SHORTEST and _KEY_NAME.search(name)
        }
        with self._lock:
            # the longest first, so that a key which holds another key goes whole
            secrets = sorted({*self._secrets, *names.values()}, key=len, reverse=True)
            escaped = [json.dumps(secret, ensure_ascii=False)[1:-1] for secret in secrets]
            self._secrets, self._needles = tuple(secrets), tuple(dict.fromkeys([*secrets, *escaped]))
            self._names, self._count, self._scanned_at = names, len(os.environ), now


_redactor: Final = Redactor()


def redact(text: str) -> str:
    """The text with every key replaced by `[redacted]`.

    Example:
        >>> redact("curl -H 'Authorization: Bearer abcdefghijklmnop1234'")
        "curl -H 'Authorization: Bearer [redacted]'"
    """
    return _redactor.text(text)
