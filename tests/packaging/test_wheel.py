"""What the wheel holds, and that Jupyter finds it where it is installed."""

import json
import zipfile

import pytest

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(420)]

LABEXTENSION = "data/share/jupyter/labextensions/research-workbench"


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_needs_no_platform_and_is_small(wheel, record_property):
    size = wheel.stat().st_size / 2**20
    print(f"{wheel.name}: {size:.1f} MiB")
    record_property("wheel_mib", round(size, 2))
    assert wheel.name.endswith("-py3-none-any.whl")
    assert size < 20


@pytest.mark.parametrize(
    "end",
    [
        f"{LABEXTENSION}/package.json",
        f"{LABEXTENSION}/install.json",
        f"{LABEXTENSION}/static/style.js",
        f"{LABEXTENSION}/schemas/research-workbench/status.json",
        "data/etc/jupyter/jupyter_server_config.d/research_workbench.json",
        "workbench/py.typed",
        "workbench/_datasets/digits/README.md",
        "workbench/models/pocket/weights/model.safetensors",
        "workbench/models/pocket/weights/config.json",
    ],
)
def test_the_wheel_holds_what_it_needs(names, end):
    assert any(name.endswith(end) for name in names)


def test_the_page_loads_the_script_that_is_in_the_wheel(wheel, names):
    with zipfile.ZipFile(wheel) as archive:
        described = json.loads(
            archive.read(next(name for name in names if name.endswith(f"{LABEXTENSION}/package.json")))
        )
    script = described["jupyterlab"]["_build"]["load"]
    assert any(name.endswith(f"{LABEXTENSION}/{script}") for name in names)


def test_the_wheel_holds_nothing_of_the_build(names):
    left = [name for name in names if "node_modules" in name or name.endswith((".ts", ".tsx", ".map", ".pyc"))]
    assert not left
    assert not [name for name in names if name.startswith(("tests/", "extension/", "workbench/labextension/"))]


def test_jupyter_finds_both_extensions_where_the_wheel_is_installed(binder):
    lab = binder.run("jupyter", "labextension", "list")
    (line,) = [line for line in lab.splitlines() if "research-workbench" in line]
    assert "enabled" in line
    assert "OK" in line
    server = binder.run("jupyter", "server", "extension", "list")
    (line,) = [line for line in server.splitlines() if line.strip().startswith("workbench ") and "enabled" not in line]
    assert "OK" in line


def test_the_installed_command_and_package_are_not_the_trees(binder, tmp_path):
    found = binder.run(
        "python", "-c", "import workbench; print(workbench.__file__, workbench.__version__)", cwd=tmp_path
    )
    assert str(binder.folder) in found
    assert "unknown" not in found
