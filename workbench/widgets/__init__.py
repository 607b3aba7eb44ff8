"""Widgets: a table in, a view out.

`dashboard(spans, scores)` draws what calls cost and how right the answers were; `forgetting(matrix, summary)` what a
learner forgot; `ProgressBar` shows how far a run is. plotly and matplotlib are imported when a picture is made.
"""

from workbench.widgets.dashboard import Dashboard, dashboard
from workbench.widgets.forgetting import ForgettingPicture, forgetting
from workbench.widgets.progress import ProgressBar

__all__ = ["Dashboard", "ForgettingPicture", "ProgressBar", "dashboard", "forgetting"]
