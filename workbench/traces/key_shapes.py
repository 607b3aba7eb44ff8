"""How keys look: the shapes that providers give them, the words before them, the names of their variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from workbench.traces.rules import REDACTED

__all__ = ["may_hold_key", "names_key", "shapes_in", "without_shapes"]

_KEY_NAME: Final = re.compile(
    r"(^|_)(key|token|passwd|passphrase|pat)s?$|api_?key|access_?key|private_?key|secret|password", re.IGNORECASE
)
# A text that has none of these has no key shape; looking for them takes microseconds, the patterns fifty. They are
# grouped by a character, because one character is found ten times faster than several.
_MARKS: Final = {
    "_": ("hf_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "gsk_", "r8_", "ccess_key", "CCESS_KEY"),
    "-": ("sk-", "xai-", "nvapi-", "pplx-", "glpat-", "xox", "PRIVATE KEY"),
    "A": ("AIza", "AKIA", "ASIA"),
    ".": ("eyJ",),
    "K": ("ccessKey",),
    "r": ("earer",),
    "R": ("EARER",),
}
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
_NAMED: Final = re.compile(  # no shape of their own: known by the word before them
    r"""(bearer\s+)[A-Za-z0-9._~+/-]{16,}=*|(secret_?access_?key["'\s]*[=:]["'\s]*)[A-Za-z0-9/+]{40}""", re.IGNORECASE
)


def names_key(name: str) -> bool:
    """Whether a variable or header of this name holds a key.

    Example:
        >>> [name for name in ("OPENAI_API_KEY", "X-Auth-Token", "keyboard") if names_key(name)]
        ['OPENAI_API_KEY', 'X-Auth-Token']
    """
    return _KEY_NAME.search(name.replace("-", "_")) is not None


def may_hold_key(text: str, secrets: tuple[str, ...]) -> bool:
    """Whether this text may hold one of these keys, or one of a known shape; never wrongly False."""
    for character, marks in _MARKS.items():
        if character in text and any(map(text.__contains__, marks)):
            return True
    return any(map(text.__contains__, secrets))


def without_shapes(text: str) -> str:
    """The text with every key of a known shape replaced by `[redacted]`.

    Example:
        >>> without_shapes("ghp_0123456789abcdefghij is a key")
        '[redacted] is a key'
    """
    return _NAMED.sub(rf"\1\2{REDACTED}", _SHAPES.sub(REDACTED, text))


def shapes_in(text: str, since: int) -> Iterator[re.Match[str]]:
    """The keys of a known shape from this place in the text on."""
    for shape in (_SHAPES, _NAMED):
        yield from shape.finditer(text, since)
