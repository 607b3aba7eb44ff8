"""What the status bar shows of a notebook."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from workbench.errors import StoreError
from workbench.messages import Usage
from workbench.server.renames import Renames
from workbench.traces import Spend, Store, default_path, notebook_spend
from workbench.traces.segment import journal_folder

__all__ = ["StatusEndpoint"]

_WAIT_SECONDS: Final = 5.0  # a status may come late, but not much


class StatusEndpoint(APIHandler):
    """`GET /workbench/status?notebook=PATH`: model, calls, tokens and cost of a notebook so far."""

    auth_resource = "workbench"

    def initialize(self, renames: Renames, stores: dict[Path, Store]) -> None:
        """Takes what the server remembers; a store that is kept knows whether there is anything new to fold."""
        self.renames = renames
        self.stores = stores

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers the spend; a store that cannot be read is a 503 with its message and hint."""
        notebook = checked(self.request.query_arguments.get("notebook", [b""])[-1])
        folder = Path(self.kernel_manager.cwd_for_path(notebook))
        try:
            answer = await asyncio.to_thread(status, self.renames.names(notebook), folder, self.stores)
        except StoreError as error:
            self.set_status(503)
            answer = {"message": error.message, "hint": error.hint}
        self.finish(answer)


def status(names: Sequence[str], folder: Path, stores: dict[Path, Store]) -> dict[str, Any]:
    """A notebook's spend as JSON; blocks while the store is read, so it is called in a thread.

    Args:
        names: its path below the server's root, then earlier ones under which its calls may be tagged.
        folder: where its kernel runs, which decides on the store.
        stores: those that were read before, by path; a new one is added.

    Raises:
        StoreError: the store is busy, damaged or newer than this workbench.
    """
    path = default_path(folder)
    if path.exists() or journal_folder(path).exists():
        if path not in stores:
            stores[path] = Store(path)
        found = notebook_spend(stores[path], names, _WAIT_SECONDS)
    else:  # asking must not make a store
        found = Spend(None, 0, Usage(0, 0), 0.0, None)
    return {
        "notebook": names[0],
        "model": found.model,
        "calls": found.calls,
        "input_tokens": found.usage.input_tokens,
        "output_tokens": found.usage.output_tokens,
        "cost_usd": found.cost_usd,
        "cost_reason": found.cost_reason,
    }


def checked(given: bytes) -> str:
    """A notebook's path below the server's root, or a 400 that says what is wrong with it."""
    notebook = given.decode("utf-8", errors="replace")
    if not notebook:
        raise web.HTTPError(400, "Say which notebook: status?notebook=PATH.")
    path, elsewhere = PurePosixPath(notebook), PureWindowsPath(notebook)
    strange = any(character < " " or character in "\\\ufffd" for character in notebook)
    if strange or not path.parts or ".." in path.parts or path.is_absolute() or elsewhere.drive:
        raise web.HTTPError(400, f"{notebook!r} is not a notebook's path below the server's root.")
    return str(path)
