"""Which pocket models lie in the package, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["DEFAULT", "shipped_sizes", "weights_folder"]

DEFAULT: Final = "1m"
HOME = Path(__file__).parents[1] / "models" / "pocket"
_UNITS: Final = {"k": 1e3, "m": 1e6}


def weights_folder(size: str = DEFAULT) -> Path:
    """Where the weights of a size lie, or are to be written.

    Example:
        >>> weights_folder().name, weights_folder("300k").name
        ('weights', 'weights-300k')
    """
    return HOME / ("weights" if size == DEFAULT else f"weights-{size}")


def shipped_sizes() -> tuple[str, ...]:
    """The sizes whose weights are there, the smallest first.

    Example:
        >>> "1m" in shipped_sizes()
        True
    """
    names = [path.parent.name for path in HOME.glob("weights*/model.safetensors")]
    return tuple(sorted((name.removeprefix("weights").removeprefix("-") or DEFAULT for name in names), key=_parameters))


def _parameters(size: str) -> float:
    number, unit = size[:-1], size[-1:]
    return float(number) * _UNITS[unit] if number.isdigit() and unit in _UNITS else float("inf")
