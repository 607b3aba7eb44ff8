"""Where compiled programs are kept, so that the second run of a program need not compile it again."""

from __future__ import annotations

import os
from pathlib import Path

import jax

__all__ = ["use_compilation_cache"]


def use_compilation_cache() -> Path | None:
    """Turns on JAX's persistent compilation cache, unless this process has one already.

    The folder is `WORKBENCH_JAX_CACHE`, else `~/.cache/research-workbench/jax`; `WORKBENCH_JAX_CACHE=off` leaves it
    off. A folder that cannot be written costs a warning of JAX and nothing else.

    Returns:
        The folder in use, or None.
    """
    current = getattr(jax.config, "jax_compilation_cache_dir", None)
    if current:
        return Path(current)
    named = os.environ.get("WORKBENCH_JAX_CACHE")
    if named == "off":
        return None
    folder = Path(named).expanduser() if named else Path.home() / ".cache" / "research-workbench" / "jax"
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    return folder
