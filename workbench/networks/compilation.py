"""Where compiled programs are kept between processes."""

from __future__ import annotations

import os
from pathlib import Path

import jax

__all__ = ["keep_compiled"]


def keep_compiled() -> Path | None:
    """Let JAX keep compiled programs in a folder of the user, so that the next process starts sooner.

    The folder is `research-workbench/jax` in `$XDG_CACHE_HOME` or `~/.cache`. The environment variable
    `WORKBENCH_JAX_CACHE` names another one; empty, it turns this off. A folder that JAX was told of before stays.

    Returns:
        The folder, or None when nothing is kept because it is turned off or cannot be made.
    """
    if before := jax.config.values["jax_compilation_cache_dir"]:
        return Path(before)
    given = os.environ.get("WORKBENCH_JAX_CACHE")
    if given == "":
        return None
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(given) if given else caches / "research-workbench" / "jax"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return folder
