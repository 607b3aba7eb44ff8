"""JupyterLab in Chromium with the installed extension: the Galata tests of `extension/ui-tests`."""

import subprocess
import sys

import pytest

VIEWS = {
    "": "light dark",
    "traces-": "light dark contrast",
    "traces-filter-": "light",
    "traces-compared-": "dark",
    "dashboard-": "light dark",
    "evaluation-": "light",
    "learning-": "dark",
    "trace-": "light dark",
}
SCREENSHOTS = [f"{view}{theme}.png" for view, themes in VIEWS.items() for theme in themes.split()]


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_the_extension_in_jupyterlab(chromium, modules, ui_tests, node_environment, free_port, tmp_path):
    root, screenshots = tmp_path / "root", ui_tests / "test-results"
    root.mkdir()
    for name in SCREENSHOTS:
        (screenshots / name).unlink(missing_ok=True)
    own = {
        "HOME": str(tmp_path),  # nobody's settings
        "JUPYTERLAB_GALATA_ROOT_DIR": str(root),
        "WORKBENCH_CHROMIUM": chromium,
        "WORKBENCH_PORT": str(free_port),
        "WORKBENCH_PYTHON": sys.executable,
        "WORKBENCH_RESULTS": str(tmp_path / "results"),
        "WORKBENCH_SCREENSHOTS": str(screenshots),
        "WORKBENCH_SERVER_LOG": str(tmp_path / "server.log"),
    }
    done = subprocess.run(
        ["node", "node_modules/@playwright/test/cli.js", "test"],
        cwd=ui_tests,
        env=node_environment | own,
        capture_output=True,
        text=True,
        check=False,
        timeout=840,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    for name in SCREENSHOTS:
        assert (screenshots / name).is_file()
