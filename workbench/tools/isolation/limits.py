"""How much an isolated program may use."""

from __future__ import annotations

from dataclasses import dataclass, fields

from workbench.errors import OptionError

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one isolated run; the process is killed, or the program gets an error, when it passes one.

    Args:
        wall_seconds: from the start of the interpreter to the end.
        cpu_seconds: of all threads together; whole seconds.
        memory_bytes: address space, the interpreter's own 50 MB included; the program gets a `MemoryError`.
        folder_bytes: all files in the temporary folder together; only `strict` can bound them.
        file_bytes: one file.
        output_bytes: standard output, standard error and the result, each.
        threads: at level `strict`.

    Raises:
        OptionError: a bound that is not above zero.
    """

    wall_seconds: float = 10.0
    cpu_seconds: int = 10
    memory_bytes: int = 1 << 30
    folder_bytes: int = 64 << 20
    file_bytes: int = 64 << 20
    output_bytes: int = 1 << 20
    threads: int = 32

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise OptionError(f"Limits was given {field.name}={value!r}; allowed is more than 0.")
