"""What the JupyterLab extension asks: authenticated reads of a notebook's store.

`GET /workbench/version` and `GET /workbench/status?notebook=PATH`; both answer JSON and change nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join

from workbench.server.renames import Renames
from workbench.server.status import StatusEndpoint
from workbench.server.version import VersionEndpoint

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["ENDPOINTS", "load"]

ENDPOINTS = {"version": VersionEndpoint, "status": StatusEndpoint}
_CONTENTS_EVENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"


def load(server_app: ServerApp) -> None:
    """Adds the endpoints to a Jupyter server, below its base URL."""
    application = server_app.web_app
    base_url = application.settings["base_url"]
    renames = Renames()
    events: Any = server_app.event_logger
    events.add_listener(schema_id=_CONTENTS_EVENTS, listener=renames.listen)
    rules = [
        (url_path_join(base_url, "workbench", "version"), VersionEndpoint),
        (url_path_join(base_url, "workbench", "status"), StatusEndpoint, {"renames": renames, "stores": {}}),
    ]
    application.add_handlers(".*$", rules)
