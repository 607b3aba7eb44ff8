"""The formats in which traces go out and come in, and which of them a file is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from workbench.errors import DataError, OptionError, nearest
from workbench.traces.exchange.carried import CARRIED

__all__ = ["FORMATS", "Format", "format_for", "recognised"]

_HEAD: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what it is called and what it can do.

    Attributes:
        name: as `format=` takes it.
        meaning: a sentence.
        suffixes: by which a path names it.
        exports: whether traces go out in it.
        imports: whether they come in.
        module: where it is implemented, below this folder.
        tables: whether it has a file for each relation.
    """

    name: str
    meaning: str
    suffixes: tuple[str, ...]
    exports: bool
    imports: bool
    module: str
    tables: bool = False

    def is_folder(self, path: Path) -> bool:
        """Whether a folder is written to this path: one file for each relation."""
        return self.tables and path.stem not in CARRIED


_ALL: Final = (
    Format(
        "parquet",
        "Every table as a Parquet file, in a folder; comes back exactly.",
        (".parquet",),
        exports=True,
        imports=True,
        module="parquet",
        tables=True,
    ),
    Format(
        "csv",
        "Every table as a CSV file for spreadsheets, in a folder; comes back exactly.",
        (".csv",),
        exports=True,
        imports=True,
        module="spreadsheet",
        tables=True,
    ),
    Format(
        "otlp",
        "Spans as OpenTelemetry's collectors write them to files, of this workbench or of any library.",
        (".otlp.jsonl", ".otlp.json", ".otlp"),
        exports=True,
        imports=True,
        module="otlp",
    ),
    Format(
        "chat",
        "Successful calls as fine-tuning data, one a line; lines that are equal go out once.",
        (".chat.jsonl", ".jsonl"),
        exports=True,
        imports=True,
        module="chat",
    ),
    Format(
        "llm",
        "The log of the command-line tool llm, an SQLite file; today's schema and older ones.",
        (".db",),
        exports=False,
        imports=True,
        module="llm_log",
    ),
    Format(
        "inspect",
        "A log of an Inspect evaluation: the run, its samples, scores, model calls and tool calls.",
        (".eval",),
        exports=False,
        imports=True,
        module="inspect_log",
    ),
)

# name -> format
FORMATS: Final[dict[str, Format]] = {one.name: one for one in _ALL}


def format_for(path: Path, name: str | None) -> Format:
    """The format in which to write to this path: the one named, else the one whose suffix it has.

    Raises:
        OptionError: no such format, or nothing goes out in it, or the path does not say which.
    """
    able = [one for one in _ALL if one.exports]
    if name is not None:
        chosen = _named(name)
        if not chosen.exports:
            allowed = ", ".join(one.name for one in able)
            raise OptionError(f"Traces only come in from the format {name!r}; they go out as {allowed}.")
        return chosen
    endings = {suffix: one for one in able for suffix in one.suffixes}
    # the longest suffix first: `.chat.jsonl` before `.jsonl`
    for suffix in sorted(endings, key=len, reverse=True):
        if path.name.lower().endswith(suffix):
            return endings[suffix]
    raise OptionError(
        f"The name {path.name!r} does not say in which format to write; known are {', '.join(endings)}.",
        hint=f"export({path.name!r}, format={able[0].name!r})",
    )


def recognised(path: Path, name: str | None) -> Format:
    """The format of a file that is there: the one named, else what its content looks like.

    Raises:
        OptionError: no such format.
        DataError: there is no such file, or it looks like none of them, or like another one than was named.
    """
    chosen = None if name is None else _named(name)
    if not path.exists():
        raise DataError(f"There is no file {str(path)!r} to import.")
    looks = _looks_like(path)
    if chosen is not None and looks is not None and looks != chosen.name:
        raise DataError(
            f"{str(path)!r} was given as {chosen.name}, but it looks like {looks}.",
            hint=f"import_({path.name!r}, format={looks!r})",
        )
    if chosen is None:
        if looks is None:
            allowed = ", ".join(one.name for one in _ALL if one.imports)
            raise DataError(f"{str(path)!r} is none of the formats that can be imported: {allowed}.")
        chosen = FORMATS[looks]
    return chosen


def _named(name: str) -> Format:
    if name not in FORMATS:
        raise OptionError(f"There is no format {name!r}; known are {', '.join(FORMATS)}. {nearest(name, FORMATS)}")
    return FORMATS[name]


def _looks_like(path: Path) -> str | None:
    """The name of the format that this content has; None where it has none."""
    if path.is_dir():
        kinds = {inside.suffix for inside in path.iterdir()}
        return next((kind for kind in ("parquet", "csv") if f".{kind}" in kinds), None)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    looks = _looks_like_json(head)
    return "csv" if looks is None and path.suffix.lower() == ".csv" else looks


def _looks_like_json(head: bytes) -> str | None:
    """By the first line that is a JSON object."""
    for line in head.split(b"\n"):
        try:
            first = json.loads(line)
        except ValueError:
            continue
        if isinstance(first, dict):
            names = cast("dict[str, Any]", first).keys()
            return next((kind for key, kind in _FIELDS.items() if key in names), None)
    # one object over many lines, or a line longer than the head
    return next((kind for key, kind in _FIELDS.items() if f'"{key}"'.encode() in head), None)


_MAGIC: Final = {b"PAR1": "parquet", b"SQLite format 3\0": "llm", b"PK\x03\x04": "inspect"}
_FIELDS: Final = {"resourceSpans": "otlp", "messages": "chat"}
