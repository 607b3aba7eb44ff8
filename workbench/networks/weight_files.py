"""Weights in safetensors files: one file, or several with an index; read tensor by tensor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from workbench.errors import DataError

__all__ = ["INDEX", "SINGLE", "WeightFiles", "finite", "grouped", "write_weights"]

SINGLE: Final = "model.safetensors"
INDEX: Final = "model.safetensors.index.json"
_KINDS: Final = {"F64", "F32", "F16", "BF16"}
_EXPONENTS: Final = {2: (np.uint16, {"float16": 0x7C00, "bfloat16": 0x7F80}), 4: (np.uint32, {"float32": 0x7F800000})}
_CHUNK: Final = 1 << 20
_LAYER: Final = re.compile(r"(?<=\.layers\.)\d+(?=\.)")


class WeightFiles:
    """The tensors of a folder, opened; nothing is read before it is asked for.

    Files are read and not mapped: the pages of a mapped file count as memory until it is closed, which made the peak of
    a load half as large again, and it was no faster.

    Args:
        folder: with `model.safetensors`, or `model.safetensors.index.json` and the files that it names.

    Raises:
        DataError: there are no such files, or some are missing or broken: all at once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.kinds: dict[str, str] = {}
        self._homes: dict[str, Any] = {}
        with ExitStack() as stack:
            for path in _files(folder):
                try:
                    file = stack.enter_context(safe_open(path, framework="np", backend="pread"))
                    for name in file.keys():  # noqa: SIM118 - not a mapping
                        piece = file.get_slice(name)
                        self.shapes[name] = tuple(piece.get_shape())
                        self.kinds[name] = piece.get_dtype()
                        self._homes[name] = file
                except (OSError, SafetensorError) as error:
                    raise DataError(
                        f"The weights {path.name!r} in {str(folder)!r} cannot be read: {error}",
                        hint="the file is cut off or not safetensors; fetch or save it again",
                    ) from error
            self._stack = stack.pop_all()

    def __enter__(self) -> WeightFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def read(self, name: str) -> np.ndarray:
        """One tensor."""
        return self._homes[name].get_tensor(name)

    def faults(self, expected: Mapping[str, tuple[int, ...]], ignored: re.Pattern[str]) -> list[str]:
        """What keeps these tensors from being the expected ones, in words; empty where nothing does.

        Args:
            expected: names and shapes.
            ignored: names of tensors that may be there and are not read.
        """
        missing = [name for name in expected if name not in self.shapes]
        extra = [name for name in self.shapes if name not in expected and not ignored.search(name)]
        shaped = [name for name, shape in expected.items() if self.shapes.get(name, shape) != shape]
        kinds = sorted({self.kinds[name] for name in expected if name in self.kinds} - _KINDS)
        faults = [f"missing: {line}" for line in grouped(missing)]
        faults += [f"not expected: {line}" for line in grouped(extra)]
        faults += [f"{name} has shape {list(self.shapes[name])}, not {list(expected[name])}" for name in shaped]
        return faults + [
            f"weights of type {kind} are not read; allowed are float32, float16, bfloat16" for kind in kinds
        ]


def _files(folder: Path) -> list[Path]:
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if not (folder / INDEX).is_file():
        pickled = sorted(path.name for path in folder.glob("*.bin"))
        raise DataError(
            f"There are no weights in {str(folder)!r}: neither {SINGLE} nor {INDEX}."
            + (f" {', '.join(map(repr, pickled))} may run code when it is opened and is not read." if pickled else ""),
            hint="save the checkpoint with safe_serialization=True" if pickled else "a folder with safetensors files",
        )
    try:
        body = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        names = sorted({Path(str(name)).name for name in body["weight_map"].values()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"The index {INDEX!r} in {str(folder)!r} cannot be read: {error}") from error
    if absent := [name for name in names if not (folder / name).is_file()]:
        raise DataError(
            f"Of {len(names)} files of weights in {str(folder)!r}, {len(absent)} are missing: {', '.join(absent)}.",
            hint="fetch the checkpoint again",
        )
    return [folder / name for name in names]


def finite(array: np.ndarray) -> bool:
    """Whether every number is finite; looks at the bits of the exponents, so it needs no second copy.

    Example:
        >>> finite(np.ones(3, np.float16)), finite(np.array([1.0, np.nan], np.float32))
        (True, False)
    """
    if array.dtype.itemsize not in _EXPONENTS:
        return bool(np.isfinite(array).all())
    kind, masks = _EXPONENTS[array.dtype.itemsize]
    mask = kind(masks[array.dtype.name])
    bits = np.ascontiguousarray(array).reshape(-1).view(kind)
    starts = range(0, bits.size, _CHUNK)
    return not any(((bits[start : start + _CHUNK] & mask) == mask).any() for start in starts)


def grouped(names: Iterable[str]) -> list[str]:
    """Names of tensors with those of several layers on one line.

    Example:
        >>> grouped(["model.layers.0.a", "model.layers.1.a", "model.layers.2.a", "model.layers.5.a", "b"])
        ['model.layers.N.a (N = 0-2, 5)', 'b']
        >>> grouped(["model.layers.3.a"])
        ['model.layers.3.a']
    """
    layers: dict[str, list[int]] = {}
    for name in names:
        found = _LAYER.search(name)
        layers.setdefault(_LAYER.sub("N", name, count=1), []).extend([int(found[0])] if found else [])
    lines: list[str] = []
    for pattern, numbers in layers.items():
        runs: list[list[int]] = []
        for number in sorted(numbers):
            if runs and number == runs[-1][-1] + 1:
                runs[-1] = [runs[-1][0], number]
            else:
                runs.append([number])
        spelled = ", ".join("-".join(map(str, run)) for run in runs)
        lines.append(pattern if not runs else pattern.replace(".N.", f".{numbers[0]}.", 1))
        if len(numbers) > 1:
            lines[-1] = f"{pattern} (N = {spelled})"
    return lines


def write_weights(
    arrays: Mapping[str, Any], dtype: np.dtype, folder: Path, shard_bytes: int, metadata: Mapping[str, str]
) -> None:
    """Write tensors into one file, or into several with an index where they take more than `shard_bytes`.

    A file is whole or absent: each is written beside its place and moved there when all are written.

    Args:
        arrays: anything that numpy can read, by public name.
        dtype: as which they are stored.
        folder: where.
        shard_bytes: the most that one file holds, but for a single tensor that is larger.
        metadata: of the files.
    """
    shards: list[list[str]] = [[]]
    room = shard_bytes
    for name, array in arrays.items():
        size = int(np.prod(array.shape)) * dtype.itemsize
        if shards[-1] and size > room:
            shards.append([])
            room = shard_bytes
        shards[-1].append(name)
        room -= size
    count = len(shards)
    titles = [SINGLE] if count == 1 else [f"model-{n:05d}-of-{count:05d}.safetensors" for n in range(1, count + 1)]
    for title, names in zip(titles, shards, strict=True):
        part = {name: np.ascontiguousarray(np.asarray(arrays[name]).astype(dtype, copy=False)) for name in names}
        path = folder / f"{title}.part"
        path.touch()
        mode = path.stat().st_mode  # what the library makes is for its owner alone
        save_file(part, path, metadata=dict(metadata))
        path.chmod(mode)
    for title in titles:
        (folder / f"{title}.part").replace(folder / title)
    if count > 1:
        total = sum(int(np.prod(array.shape)) * dtype.itemsize for array in arrays.values())
        places = {name: title for title, names in zip(titles, shards, strict=True) for name in names}
        body = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
        (folder / INDEX).write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    for old in (*folder.glob("model-*-of-*.safetensors"), folder / SINGLE, *([folder / INDEX] if count == 1 else ())):
        if old.name not in titles:
            old.unlink(missing_ok=True)
