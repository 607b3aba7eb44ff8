"""What the JupyterLab extension asks: authenticated requests to a notebook's store.

Every address begins with `/workbench/` and answers JSON; `docs/panel.md` describes each. Only `feedback` and `dataset`
write: a row of the store, and lines of a file below the server's root.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jupyter_server.utils import url_path_join

from workbench.server.changes import ChangesEndpoint
from workbench.server.dataset import DatasetEndpoint
from workbench.server.export import ExportEndpoint
from workbench.server.feedback import FeedbackEndpoint
from workbench.server.health import HealthEndpoint
from workbench.server.listing import FacetsEndpoint, TotalsEndpoint, TracesEndpoint
from workbench.server.renames import Renames
from workbench.server.results import ResultsEndpoint
from workbench.server.runs import CurvesEndpoint, RunDiffEndpoint, RunEndpoint, RunsEndpoint, SamplesEndpoint
from workbench.server.sessions import PlacesEndpoint, SessionsEndpoint
from workbench.server.span import MessageEndpoint, SpanEndpoint
from workbench.server.status import StatusEndpoint
from workbench.server.stores import Stores
from workbench.server.trace import DiffEndpoint, ScreenEndpoint, TraceEndpoint
from workbench.server.usage import ErrorsEndpoint, OutliersEndpoint, UsageEndpoint
from workbench.server.version import VersionEndpoint

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["ENDPOINTS", "load"]

_TRACE: Final = "([0-9a-f]{32})"
_SPAN: Final = "([0-9a-f]{16})"
_RUN: Final = r"([\w.:-]{1,128})"

# what follows `/workbench/`, as a regular expression -> who answers
ENDPOINTS: Final[dict[str, type]] = {
    "version": VersionEndpoint,
    "health": HealthEndpoint,
    "status": StatusEndpoint,
    "changes": ChangesEndpoint,
    "sessions": SessionsEndpoint,
    "places": PlacesEndpoint,
    "facets": FacetsEndpoint,
    "totals": TotalsEndpoint,
    "traces": TracesEndpoint,
    f"traces/{_TRACE}": TraceEndpoint,
    f"traces/{_TRACE}/screen": ScreenEndpoint,
    f"spans/{_SPAN}": SpanEndpoint,
    f"messages/{_TRACE}": MessageEndpoint,
    f"diff/{_TRACE}/{_TRACE}": DiffEndpoint,
    "usage": UsageEndpoint,
    "errors": ErrorsEndpoint,
    "outliers": OutliersEndpoint,
    "results": ResultsEndpoint,
    "runs": RunsEndpoint,
    f"runs/{_RUN}": RunEndpoint,
    f"runs/{_RUN}/samples": SamplesEndpoint,
    f"run-diff/{_RUN}/{_RUN}": RunDiffEndpoint,
    "curves": CurvesEndpoint,
    "feedback": FeedbackEndpoint,
    "dataset": DatasetEndpoint,
    "export": ExportEndpoint,
}
_CONTENTS_EVENTS: Final = "https://events.jupyter.org/jupyter_server/contents_service/v1"


def load(server_app: ServerApp) -> None:
    """Adds the endpoints to a Jupyter server, below its base URL."""
    application = server_app.web_app
    base_url = application.settings["base_url"]
    renames = Renames()
    events: Any = server_app.event_logger
    events.add_listener(schema_id=_CONTENTS_EVENTS, listener=renames.listen)
    shared = {"renames": renames, "stores": Stores(Path(server_app.root_dir))}
    rules = [
        (url_path_join(base_url, "workbench", address), endpoint, {} if address == "version" else shared)
        for address, endpoint in ENDPOINTS.items()
    ]
    application.add_handlers(".*$", rules)
