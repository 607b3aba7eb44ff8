"""JupyterLab in Chromium with the installed extension: the Galata tests of `extension/ui-tests`."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

UI_TESTS = Path(__file__).parents[2] / "extension" / "ui-tests"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SCREENSHOTS = ("light.png", "dark.png")


@pytest.fixture(scope="module")
def chromium():
    named = os.environ.get("WORKBENCH_CHROMIUM", "")
    found = named or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        pytest.skip("no Chromium: apt-get install chromium, or WORKBENCH_CHROMIUM=/path/to/it")
    return found


@pytest.fixture(scope="module")
def modules(node_environment):
    """The node modules of the tests; installed once for a lock file."""
    stamp = UI_TESTS / "node_modules" / ".installed"
    lock = hashlib.sha256((UI_TESTS / "yarn.lock").read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != lock:
        done = subprocess.run(
            ["jlpm", "install", "--immutable"],
            cwd=UI_TESTS,
            env=node_environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        stamp.write_text(lock)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.browser
@pytest.mark.timeout(420)
def test_the_extension_in_jupyterlab(chromium, modules, node_environment, tmp_path):
    root, screenshots = tmp_path / "root", UI_TESTS / "test-results"
    root.mkdir()
    for name in SCREENSHOTS:
        (screenshots / name).unlink(missing_ok=True)
    own = {
        "HOME": str(tmp_path),  # nobody's settings
        "JUPYTERLAB_GALATA_ROOT_DIR": str(root),
        "WORKBENCH_CHROMIUM": chromium,
        "WORKBENCH_PORT": str(free_port()),
        "WORKBENCH_PYTHON": sys.executable,
        "WORKBENCH_RESULTS": str(tmp_path / "results"),
        "WORKBENCH_SCREENSHOTS": str(screenshots),
        "WORKBENCH_SERVER_LOG": str(tmp_path / "server.log"),
    }
    done = subprocess.run(
        ["node", "node_modules/@playwright/test/cli.js", "test"],
        cwd=UI_TESTS,
        env=node_environment | own,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    for name in SCREENSHOTS:
        assert (screenshots / name).is_file()
