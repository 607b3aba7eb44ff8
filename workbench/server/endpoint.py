"""An endpoint over a store: who may ask, which store is meant, and what a person reads when it cannot answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from http.client import responses
from pathlib import Path
from typing import Any, Final

from jupyter_server.base.handlers import APIHandler
from tornado import web

from workbench.errors import DataError, OptionError, StoreError, WorkbenchError
from workbench.server.query import FILTERS, SPAN_FILTERS, Query
from workbench.server.renames import Renames
from workbench.server.state import state_key
from workbench.server.stores import Stores, checked
from workbench.traces import Store, redact

__all__ = ["StoreEndpoint", "encoded"]

# what a person did wrong, or what they named is not there: the rest is the store's state
_STATUS: Final = {"missing": 404, "absent": 404}
_MOST_BYTES: Final = 1 << 20
_ELSEWHERE: Final = (
    "The server reads {}. Run %llm store in the notebook: if it names another file, the kernel writes there, perhaps "
    "on another machine; `workbench traces export` there and `workbench traces import` here bring its traces over. If "
    "it names this file, what you look for was removed, or the notebook was run elsewhere."
)


class StoreEndpoint(APIHandler):
    """Answers from a store, read on a thread so that the server's loop stays free.

    The store is that of the notebook or folder `path` (below the server's root; the root itself without it), as a
    kernel there would find it, or the file `store` below the root.
    """

    auth_resource = "workbench"

    def initialize(self, stores: Stores, renames: Renames) -> None:
        """Takes what the server remembers."""
        self.stores = stores
        self.renames = renames
        self.asked = Query(self.request.query_arguments)

    def store_path(self) -> Path:
        """Where the store lies that this request is about.

        Raises:
            HTTPError: a path that leaves the server's root.
        """
        if name := self.asked.text("store"):
            return self.stores.of_name(name)
        path = self.asked.text("path")
        folder = self.kernel_manager.cwd_for_path(checked(path, "notebook") if path else "")
        return self.stores.of_folder(Path(folder))

    def file_below_root(self, name: str, kind: str, suffix: str) -> Path:
        """A file below the server's root that may be written.

        Raises:
            HTTPError: the name leaves the root, also through a link, is hidden, or has another ending.
        """
        path = self.stores.root / checked(name, kind)
        hidden = any(part.startswith(".") for part in Path(name).parts)
        if path.suffix != suffix or hidden or not path.resolve().is_relative_to(self.stores.root.resolve()):
            raise web.HTTPError(400, "%s", f"{name!r} is no visible {suffix} file below the server's root.")
        return path

    def span_filters(self) -> dict[str, Any]:
        """The filters of spans that were given; a notebook stands for its earlier names too."""
        given = self.asked.filters(SPAN_FILTERS)
        if "notebook" in given:
            names = [name for path in given["notebook"] for name in (self.renames.names(path) if path else [""])]
            given["notebook"] = names
        return given

    def trace_filters(self) -> dict[str, Any]:
        """The filters of traces that were given; a status is that of the whole trace: its worst."""
        given = self.asked.filters(FILTERS) | self.span_filters()
        status = given.pop("status", None)
        return given if status is None else given | {"worst_status": status[-1]}

    def paths_of(self, notebooks: Sequence[str]) -> dict[str, str]:
        """Where each of these notebooks lies now, as far as the server saw it move."""
        return {name: self.renames.now(name) for name in notebooks}

    def with_paths(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Adds to each row `notebook_path`: where its notebook lies now."""
        for row in found:
            row["notebook_path"] = None if row["notebook"] is None else self.renames.now(row["notebook"])
        return found

    async def reply(self, work: Callable[[Store], Any]) -> None:
        """Answers what `work` makes of the store, as JSON, or says what is wrong and how it is mended.

        It is asked once for a state of the store: `work` depends on the address and on renames alone.
        """
        path, asked = self.store_path(), (self.request.path, self.asked.key, self.renames.count)

        def answer() -> bytes:
            key = (state_key(path), asked)  # before it is read: what comes meanwhile makes another state
            known = self.stores.answers.get(key)
            if known is None:
                known = encoded(work(self.stores.opened(path)))
                self.stores.answers.put(key, known)
            return known

        await self._send(answer, path)

    async def reply_with(self, work: Callable[[], Any]) -> None:
        """Answers what `work` gives, which is called and written as JSON on a thread."""
        await self._send(lambda: encoded(work()))

    async def _send(self, work: Callable[[], bytes], path: Path | None = None) -> None:
        try:
            answer = await asyncio.to_thread(work)
        except WorkbenchError as error:
            self.set_status(_status(error))
            kind = error.kind if isinstance(error, StoreError) else "request"
            hint = error.hint
            if path is not None and self.path_args and kind in _STATUS:
                hint = _ELSEWHERE.format(self.stores.shown(path))  # a page has its name, so a kernel did make it
            hint = None if hint is None else redact(hint)
            answer = encoded({"kind": kind, "message": redact(error.message), "hint": hint})
        self.set_header("Cache-Control", "no-store")
        self.finish(answer)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Says what was wrong with the request; of a failure of ours only that there was one: the log says which."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        message = "The workbench's server failed; its log says why."
        if isinstance(error, web.HTTPError):
            said = error.log_message
            message = error.reason or responses.get(status_code, "") if said is None else said
            message = redact(message % error.args if said is not None and error.args else message)
        self.finish(encoded({"kind": "request" if status_code < 500 else "failure", "message": message, "hint": None}))

    def body(self) -> dict[str, Any]:
        """The request's JSON object.

        Raises:
            HTTPError: it is none, or too long.
        """
        if len(self.request.body) > _MOST_BYTES:
            raise web.HTTPError(413, "The request is longer than 1 MiB.")
        try:
            given = json.loads(self.request.body)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise web.HTTPError(400, "The request's body is no JSON object.")
        return given


def encoded(answer: Any) -> bytes:
    """JSON in ASCII, so that every text comes through as it is, half a surrogate pair included."""
    return json.dumps(answer, allow_nan=False, separators=(",", ":")).encode("ascii")


def _status(error: WorkbenchError) -> int:
    if isinstance(error, StoreError):
        return _STATUS.get(error.kind, 503)
    return 400 if isinstance(error, OptionError | DataError) else 500
