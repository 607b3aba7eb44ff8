import json
from pathlib import Path

import pytest

from workbench.magics.notebook import NotebookName, notebook_path, server_root


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The runtime file of a Jupyter server that started this process and serves `tmp_path/root`."""
    root = tmp_path / "root"
    (root / "deep").mkdir(parents=True)
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    (runtime / "jpserver-4242.json").write_text(json.dumps({"root_dir": str(root)}))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("JPY_PARENT_PID", "4242")
    return root


def test_under_a_server_the_path_is_relative_to_its_root(server, shell, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(server / "deep" / "one.ipynb"))
    assert server_root() == server
    assert notebook_path(shell) == "deep/one.ipynb"


def test_a_link_to_the_root_makes_no_difference(server, shell, monkeypatch, tmp_path):
    (tmp_path / "link").symlink_to(server)
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "link" / "deep" / "one.ipynb"))
    assert notebook_path(shell) == "deep/one.ipynb"


def test_a_session_name_that_is_relative_already_stays(shell, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "deep/one.ipynb")
    assert notebook_path(shell) == "deep/one.ipynb"


def test_elsewhere_the_editor_or_the_environment_names_it_or_nobody(shell, monkeypatch):
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    assert notebook_path(shell) is None
    monkeypatch.setenv("WORKBENCH_NOTEBOOK", "named.ipynb")
    assert notebook_path(shell) == "named.ipynb"
    shell.user_ns["__vsc_ipynb_file__"] = str(Path.cwd() / "code.ipynb")
    assert notebook_path(shell) == "code.ipynb"


def test_the_name_is_kept_until_what_it_is_made_from_changes(server, shell, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(server / "one.ipynb"))
    name = NotebookName(shell)
    assert name.path() == "one.ipynb"
    (server.parent / "runtime" / "jpserver-4242.json").unlink()
    assert name.path() == "one.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", "two.ipynb")
    assert name.path() == "two.ipynb"
