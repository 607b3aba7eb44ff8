"""Compiled programs are kept where the environment says."""

from pathlib import Path

import jax
import pytest

from workbench.continual.compilation import use_compilation_cache


@pytest.fixture
def unset():
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    yield
    jax.config.update("jax_compilation_cache_dir", before)


def test_the_folder_is_the_named_one(unset, monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_JAX_CACHE", str(tmp_path))
    assert use_compilation_cache() == tmp_path
    assert jax.config.jax_compilation_cache_dir == str(tmp_path)


def test_without_a_name_it_is_in_the_cache_of_the_user(unset, monkeypatch):
    monkeypatch.delenv("WORKBENCH_JAX_CACHE", raising=False)
    assert use_compilation_cache() == Path.home() / ".cache" / "research-workbench" / "jax"


def test_it_can_be_left_off(unset, monkeypatch):
    monkeypatch.setenv("WORKBENCH_JAX_CACHE", "off")
    assert use_compilation_cache() is None
    assert jax.config.jax_compilation_cache_dir is None


def test_a_cache_that_is_there_already_is_kept(unset, monkeypatch, tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "mine"))
    monkeypatch.setenv("WORKBENCH_JAX_CACHE", str(tmp_path / "other"))
    assert use_compilation_cache() == tmp_path / "mine"
