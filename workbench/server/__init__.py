"""What the JupyterLab extension asks: authenticated reads of a notebook's store.

`GET /workbench/version` and `GET /workbench/status?notebook=PATH`; both answer JSON and change nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.utils import url_path_join

from workbench.server.status import StatusEndpoint
from workbench.server.version import VersionEndpoint

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["ENDPOINTS", "load"]

ENDPOINTS = {"version": VersionEndpoint, "status": StatusEndpoint}


def load(server_app: ServerApp) -> None:
    """Adds the endpoints to a Jupyter server, below its base URL."""
    application = server_app.web_app
    base_url = application.settings["base_url"]
    rules = [(url_path_join(base_url, "workbench", name), endpoint) for name, endpoint in ENDPOINTS.items()]
    application.add_handlers(".*$", rules)
