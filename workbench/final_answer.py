r"""The final answer in what a model wrote: the part after a marker, its number, and its normal form.

Methods vote over final answers and scorers compare them; both read them here, so that they read the same.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

__all__ = ["final_number", "final_text", "normal_form", "numbers"]

# what announces a final answer: a line or sentence that starts with `A:`, GSM8K's `####`, "answer:", LaTeX's box
_MARKER: Final = re.compile(
    r"(?m:^[ \t]*|(?<=[.!?])\s+)(?-i:A:)|####|\banswer(?:\s+is\b:?|\s*:)|\\boxed\s*\{", re.IGNORECASE
)
# a minus counts as a sign only where no number, word or bracket stands before it: in `10-4` it is an operator
_NUMBER: Final = re.compile(
    r"(?<![\w.])(?P<sign>(?<![\w.)\]%])[+\-\u2212])?[$€£¥]?(?P<inner_sign>(?<=[$€£¥])[+\-\u2212])?"
    r"(?P<whole>\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?P<fraction>\.\d+)?(?P<exponent>[eE][+\-]?\d{1,3}(?!\d))?"
)
_LONGEST: Final = 400  # digits; a longer run is not a quantity that anyone asked for
_EDGES: Final = " \t\r\n.,;:!?\"'`*_()[]{}$“”‘’"


def numbers(text: str) -> list[Fraction]:
    """The numbers in a text, in order and exact.

    Read are thousands separators (`1,234,567`), decimals (`.5`, `2.50`), exponents (`1e-3`), signs (`-5`, `−5`, `-$5`,
    `$-5`) and currencies. `a/b` between two plain numbers is one fraction. A percent sign is left out: `50%` is 50.

    Example:
        >>> [str(number) for number in numbers("It costs $1,250.50, not -3/4.")]
        ['2501/2', '-3/4']
        >>> numbers("10-4")
        [Fraction(10, 1), Fraction(4, 1)]
    """
    found: list[tuple[Fraction, int, int]] = []
    for match in _NUMBER.finditer(text):
        value = _value(match)
        if value is None:
            continue
        if _divides(text, found, match.start()) and value > 0:
            above, start, _ = found.pop()
            found.append((above / value, start, match.end()))
        else:
            found.append((value, match.start(), match.end()))
    return [value for value, _, _ in found]


def final_text(text: str) -> str:
    r"""The line after the last marker (`A:`, `####`, `answer:`, `the answer is`, `\boxed{`), or the whole text.

    Example:
        >>> final_text("6 * 7 is 42.\nA: 42 apples")
        '42 apples'
        >>> final_text(" blue ")
        'blue'
    """
    ends = [marker.end() for marker in _MARKER.finditer(text)]
    return (text[ends[-1] :].strip().split("\n", 1)[0] if ends else text).strip()


def final_number(text: str) -> Fraction | None:
    r"""The number that a text ends in: the first after the last marker, or the last one where there is no marker.

    After a marker, an equation counts by its right side: `A: 6 * 7 = 42` is 42. None where there is no number; a marker
    without a number after it is an answer that is not a number.

    Example:
        >>> final_number("She has 3 boxes of 14, which makes 42 apples")
        Fraction(42, 1)
        >>> final_number("The answer is 1,024. That took 3 steps.")
        Fraction(1024, 1)
        >>> final_number("A: unknown") is None
        True
    """
    line = final_text(text)
    if line == text.strip():
        return next(reversed(numbers(text)), None)
    return next(iter(numbers(line.rsplit("=", 1)[-1]) or numbers(line)), None)


def normal_form(text: str) -> str:
    """A short answer so that equal answers are equal strings: a number by value, words without case, edges and spacing.

    Example:
        >>> normal_form("$1,000.00"), normal_form("  New   York. ")
        ('1000', 'new york')
    """
    words = " ".join(text.split())
    match = _NUMBER.fullmatch(words.strip(" \t.;:!?\"'`*_()[]{}“”‘’"))
    value = _value(match) if match else None
    return str(value) if value is not None else words.strip(_EDGES).casefold() or words.casefold()


def _value(match: re.Match[str]) -> Fraction | None:
    whole, decimals = match["whole"] or "", match["fraction"] or ""
    if not (whole or decimals) or len(whole) + len(decimals) > _LONGEST:
        return None
    value = Fraction((whole.replace(",", "") or "0") + decimals + (match["exponent"] or ""))
    signs = (match["sign"] or "") + (match["inner_sign"] or "")
    return -value if signs in ("-", "\u2212") else value


def _divides(text: str, found: list[tuple[Fraction, int, int]], start: int) -> bool:
    """Whether a lone slash stands between the number before and the one that starts here (a date has two)."""
    if not found or found[-1][2] != start - 1 or text[start - 1] != "/":
        return False
    before, after = text[: found[-1][1]], text[start:]
    return not before.endswith("/") and not re.match(r"[\d.,]*/\d", after)
