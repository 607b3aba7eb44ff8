"""A JupyterLab of its own on the loopback, and requests to its endpoints."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving import free_port, served

_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Lab:
    """Where a JupyterLab answers."""

    url: str
    token: str

    def get(self, address: str) -> tuple[float, bytes]:
        """Milliseconds until the whole answer was there, and the answer."""
        request = urllib.request.Request(f"{self.url}/workbench/{address}", headers=self._headers)
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:
            body = answer.read()
        return (time.perf_counter() - began) * 1000, body

    def json(self, address: str) -> Any:
        """An answer as values."""
        return json.loads(self.get(address)[1])

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"}


@contextlib.contextmanager
def lab(root: Path, scratch: Path, *, extensions: Path | None, enabled: bool) -> Iterator[Lab]:
    """Starts JupyterLab over a folder, for as long as the block.

    Args:
        root: its folder.
        scratch: for its settings and logs.
        extensions: a folder with a built extension that takes the place of the installed one.
        enabled: whether the workbench's extension runs in the page.
    """
    port, token, home = free_port(), "of-this-benchmark", scratch / ("on" if enabled else "off")
    settings = home / "config" / "labconfig"
    settings.mkdir(parents=True)
    disabled = {} if enabled else {"disabledExtensions": {"research-workbench": True}}
    (settings / "page_config.json").write_text(json.dumps(disabled))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    environment |= {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        **({} if extensions is None else {"JUPYTER_PATH": str(extensions)}),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={root}"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"),
        *("--ServerApp.jpserver_extensions={'workbench':True}", "--LabApp.extension_manager=readonly"),
    ]
    made = Lab(f"http://127.0.0.1:{port}", token)
    with served(command, f"{made.url}/api", home / "log", environment=environment, folder=root):
        made.get("version")
        yield made
