"""From a name to a model that can be asked."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

from workbench.errors import MissingDependencyError, ModelError, nearest
from workbench.models.controls import current_controls
from workbench.models.model import Model
from workbench.models.names import ModelName, parse, pocket_name
from workbench.models.recorded import RecordedModel
from workbench.models.traced import Traced
from workbench.training.shipped import DEFAULT, shipped_sizes, weights_folder

__all__ = ["open_model"]


def open_model(name: str) -> Model:
    """The model of this name, traced.

    Args:
        name: `provider:model`; `pocket` for the model that comes with the workbench, `pocket:SIZE` for another size of
            it, `jax:PATH` for a checkpoint folder, `jax:OWNER/NAME` for a repository of a hub (`@REVISION` behind it,
            and behind either `#bfloat16`, `#float16` or `#float32` for the weights' type in memory), `recorded:FILE`
            for recorded answers, `scripted:TEXT` for one that always says TEXT (`scripted` repeats the question), else
            a hosted model.

    Returns:
        the model; a hosted one asks for its key at the first call. While a recording is replayed, a hosted one can be
        opened without its provider's library.

    Raises:
        ModelError: (kind `unknown_model`) no such name, path or repository.
        DataError: the checkpoint cannot be read; everything that is wrong with it is said at once.
        MissingDependencyError: the provider's library is not installed.

    Example:
        >>> open_model("scripted:hello").name
        'scripted:hello'
    """
    parsed = parse(name)
    match parsed.provider:
        case "pocket":
            return Traced(_loaded(str(parsed), *_found(_pocket_folder(parsed)), None))
        case "jax":
            from workbench.networks.hub import checkpoint_folder  # NumPy

            place, _, dtype = parsed.model.partition("#")
            return Traced(_loaded(str(parsed), *_found(checkpoint_folder(place)), dtype or None))
        case "recorded":
            return Traced(RecordedModel(Path(parsed.model).expanduser()))
        case "scripted":
            return Traced(_scripted(parsed))
        case _:
            replayed = current_controls().replay
            if replayed is not None and not _has_provider_library():  # as in a notebook on Binder
                return Traced(RecordedModel(replayed, of=str(parsed)))
            return Traced(_hosted(str(parsed)))


def _has_provider_library() -> bool:
    return importlib.util.find_spec("pydantic_ai") is not None


def _pocket_folder(parsed: ModelName) -> Path:
    size, here = parsed.model or DEFAULT, shipped_sizes()
    if size in here:
        return weights_folder(size)
    from workbench.training.recipe import RECIPES  # JAX: 3 s

    there = f"Here are {', '.join(map(pocket_name, here)) or 'none'}."
    if size in RECIPES:
        message = f"The weights of {str(parsed)!r} are not here. {there}"
        hint = f"python -m workbench.training.pocket --size {size} trains it"
    else:
        message = f"There is no pocket model of size {size!r}; allowed are {', '.join(RECIPES)}. {there}"
        hint = nearest(size, list(RECIPES)) or "-m pocket"
    raise ModelError(message, hint, kind="unknown_model")


def _found(folder: Path) -> tuple[Path, int]:
    """A folder, and its newest time."""
    return folder, max(file.stat().st_mtime_ns for file in folder.iterdir())


@lru_cache(maxsize=8)
def _loaded(name: str, folder: Path, changed: int, dtype: str | None) -> Model:
    """A model of our own, kept: it reads its weights and compiles once; `changed` is the folder's newest time."""
    from workbench.models.pocket import PocketModel  # JAX: 3 s

    return PocketModel.load(folder, name, dtype)


def _scripted(parsed: ModelName) -> Model:
    from workbench.messages import text_of
    from workbench.models.scripted import ScriptedModel

    said = parsed.model
    return ScriptedModel(lambda request: said or text_of(request.messages), name=str(parsed), version=str(parsed))


@lru_cache(maxsize=64)
def _hosted(name: str) -> Model:
    """A hosted model, kept: its connections are used again."""
    if not _has_provider_library():
        raise MissingDependencyError(
            f"Model {name!r} needs the package pydantic-ai-slim, which is not installed.",
            hint="pip install 'research-workbench[openai]'  (or [anthropic], [google], [hosted])",
        )
    from workbench.models.hosted import HostedModel

    return HostedModel(name)
