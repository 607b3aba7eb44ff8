"""Entries of a zip file, also those compressed with zstd, which Python's `zipfile` of this version does not read."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any, Final

import duckdb

from workbench.errors import DataError

__all__ = ["ZipEntries"]

_ZSTD: Final = 93
_LOCAL_HEADER: Final = 30
_LONGEST: Final = 1 << 30
_ENTRY: Final = """
    SELECT json FROM read_json_objects(
        $file, format = 'unstructured', compression = 'zstd', maximum_object_size = $longest)
"""


class ZipEntries:
    """The JSON texts in a zip file.

    Args:
        path: the file.
        scratch: a folder for one entry at a time.

    Raises:
        DataError: it is no zip file, or is cut off.
    """

    def __init__(self, path: Path, scratch: Path) -> None:
        self._path = path
        self._draft = scratch / "entry.zst"
        try:
            with zipfile.ZipFile(path) as file:
                self._entries = {info.filename: info for info in file.infolist()}
        except (zipfile.BadZipFile, OSError) as error:
            raise DataError(
                f"{str(path)!r} cannot be read as a zip file: {error}.", hint="is it whole? Copy it again"
            ) from error

    @property
    def names(self) -> list[str]:
        """The names of the entries, in their order."""
        return list(self._entries)

    def json(self, name: str) -> Any:
        """The value of one entry.

        Raises:
            DataError: the entry is damaged or no JSON.
        """
        info = self._entries[name]
        try:
            if info.compress_type == _ZSTD:
                return json.loads(self._zstd(info))
            with zipfile.ZipFile(self._path) as file:
                return json.loads(file.read(info))
        except (ValueError, zipfile.BadZipFile, NotImplementedError, OSError, duckdb.Error) as error:
            raise DataError(f"The entry {name!r} of {str(self._path)!r} cannot be read: {error}.") from error

    def _zstd(self, info: zipfile.ZipInfo) -> str:
        """The text of an entry; DuckDB brings the decompression along."""
        with self._path.open("rb") as file:
            file.seek(info.header_offset)
            name_length, extra_length = struct.unpack("<HH", file.read(_LOCAL_HEADER)[26:])
            file.seek(name_length + extra_length, 1)
            self._draft.write_bytes(file.read(info.compress_size))
        longest = min(max(info.file_size + 1, 1 << 20), _LONGEST)
        with duckdb.connect() as connection:
            rows = connection.execute(_ENTRY, {"file": str(self._draft), "longest": longest}).fetchall()
        if len(rows) != 1:
            raise ValueError(f"it holds {len(rows)} values")
        return str(rows[0][0])
