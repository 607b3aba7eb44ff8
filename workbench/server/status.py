"""What the status bar shows of a notebook."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path, PurePosixPath, PureWindowsPath

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from workbench.errors import StoreError
from workbench.server.renames import Renames
from workbench.server.spend import spend

__all__ = ["StatusEndpoint"]


class StatusEndpoint(APIHandler):
    """`GET /workbench/status?notebook=PATH`: model, calls, tokens and cost of a notebook so far."""

    auth_resource = "workbench"

    def initialize(self, renames: Renames) -> None:
        """Takes what the server remembers."""
        self.renames = renames

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers the spend; a store that cannot be read is a 503 with its message and hint."""
        notebook = checked(self.request.query_arguments.get("notebook", [b""])[-1])
        folder = Path(self.kernel_manager.cwd_for_path(notebook))
        try:
            answer = asdict(await asyncio.to_thread(spend, self.renames.names(notebook), folder))
        except StoreError as error:
            self.set_status(503)
            answer = {"message": error.message, "hint": error.hint}
        self.finish(answer)


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
