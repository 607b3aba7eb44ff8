"""The version that the server runs, so that a page of another version can say so."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

import workbench

__all__ = ["VersionEndpoint"]


class VersionEndpoint(APIHandler):
    """`GET /workbench/version`: the version of this package."""

    auth_resource = "workbench"

    @web.authenticated
    @authorized
    def get(self) -> None:
        """Answers `{"version": …}`."""
        self.finish({"version": workbench.__version__})
