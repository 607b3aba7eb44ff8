"""Open keys: where at the end of a text, of which more is to come or was cut off, a key may have begun."""

from __future__ import annotations

import re
from typing import Final

from workbench.traces.key_shapes import shapes_in

__all__ = ["opened", "settled"]

# how a key begins, and the end of a text that may be a key's beginning, as long as more is to come
_BEGINNINGS: Final = (
    "sk-", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "hf_", "gsk_", "r8_", "github_pat_", "xai-", "nvapi-",
    "pplx-", "glpat-", "xox", "AKIA", "ASIA", "eyJ",
)  # fmt: skip
_OPENINGS: Final = (*(each.lower() for each in _BEGINNINGS), "bearer", "key")
_OPEN: Final = re.compile(
    rf"""(?: (?<![A-Za-z0-9])(?:{"|".join(_BEGINNINGS)})
      | (?<=bearer\s) | (?<=access_key)["'\s]*[=:]["'\s]* | (?<=accesskey)["'\s]*[=:]["'\s]*
    )[A-Za-z0-9._~+/=-]*\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_LONGEST: Final = 4096


def settled(text: str, secrets: tuple[str, ...]) -> int:
    """As far as a text that is still coming is settled: a key's beginning waits for its end.

    Args:
        text: as far as it came.
        secrets: keys that are known.

    Example:
        >>> settled("the key is sk-ab", ()), settled("sk-ab is no key, ", ())
        (11, 17)
    """
    return _before_keys(text, opened(text, (*secrets, *_BEGINNINGS)), secrets)


def opened(text: str, keys: tuple[str, ...]) -> int:
    """Where at the text's end a key may have begun that goes on after it; the text's length where none has.

    Args:
        text: its last 4096 characters are looked at.
        keys: known ones, or their beginnings, beside those of the known shapes.
    """
    tail = text[-_LONGEST:]
    words = tail.rsplit(None, 2)[-2:] if tail and not tail[-1].isspace() else []
    at = tail.rfind(words[0], 0, len(tail) - len(words[-1]) * (len(words) > 1)) if words else len(tail)
    last = tail[at:].lower()  # the pattern takes ten times as long as finding out that it need not be tried
    match = _OPEN.search(tail, at) if any(map(last.__contains__, _OPENINGS)) else None
    starts = [match.start()] if match else []
    for key in keys:
        start = tail.find(key[0], max(len(tail) - len(key) + 1, 0))
        while start >= 0 and not key.startswith(tail[start:]):
            start = tail.find(key[0], start + 1)
        starts += [start] if start >= 0 else []
    return len(text) - len(tail) + min(starts, default=len(tail))


def _before_keys(text: str, place: int, secrets: tuple[str, ...]) -> int:
    """The place, or where a whole key begins that lies across it: another key may begin with that one's end."""
    matches = shapes_in(text, max(place - _LONGEST, 0))
    starts = [match.start() for match in matches if match.start() < place < match.end()]
    for secret in secrets:
        start = text.find(secret, max(place - len(secret) + 1, 0), place + len(secret) - 1)
        starts += [start] if start >= 0 else []
    return _before_keys(text, min(starts), secrets) if starts else place
