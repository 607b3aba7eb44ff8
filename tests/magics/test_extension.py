import subprocess
import sys

import pytest

from workbench.magics import load, unload

HEAVY = ("jax", "pydantic_ai", "openai", "plotly", "polars", "duckdb", "opentelemetry.sdk", "matplotlib", "pydantic")


def ipython(*cells, cwd):
    """Cells run by a plain IPython process, one after another, as `ipython -c` runs them."""
    command = [sys.executable, "-m", "IPython", "--colors=NoColor", "--no-banner", "-c", "\n".join(cells)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)


def test_loading_imports_nothing_heavy(kernels, tmp_path):
    asked = f"import sys; print([n for n in {HEAVY} if n in sys.modules])"
    assert ipython("%load_ext workbench", asked, cwd=tmp_path).stdout.strip() == "[]"


def test_a_plain_ipython_writes_text_and_ends_with_an_error_at_a_bad_line(kernels, tmp_path):
    cells = ["x = %llm -m scripted:four 2 + 2?", "print(len(x))", "%llm --modle x Hi", "print('later')"]
    ran = ipython("%load_ext workbench", *cells, cwd=tmp_path)
    assert ran.stdout.startswith("four\nscripted:four · ")
    assert "<IPython" not in ran.stdout
    assert "<div" not in ran.stdout
    assert "Did you mean '--model'" in ran.stdout + ran.stderr
    assert "later" not in ran.stdout
    assert ran.returncode != 0


def test_unloading_takes_everything_out_and_loading_again_starts_afresh(shell, run):
    run("%%llm -m scripted:four -c talk\nHi")
    unload(shell)
    assert not {"llm", "tool", "traces"} & (
        set(shell.magics_manager.magics["cell"]) | set(shell.magics_manager.magics["line"])
    )
    assert not [one for one in shell.configurables if type(one).__module__.startswith("workbench")]
    load(shell)
    load(shell)
    assert len([one for one in shell.configurables if type(one).__name__ == "LLM"]) == 1
    result = shell.run_cell("%llm chats")
    assert result.success


def test_calls_that_python_code_makes_are_tagged_with_the_cell_too(run, monkeypatch):
    monkeypatch.setenv("WORKBENCH_NOTEBOOK", "a.ipynb")
    run("from workbench import traces\nfirst = traces.current_scope()")
    run("second = traces.current_scope()")
    run("assert (first.notebook, second.execution_count) == ('a.ipynb', first.execution_count + 1)")
    run("from workbench.magics import unload; unload(get_ipython())")
    run("assert traces.current_scope().notebook is None")


@pytest.mark.parametrize("name", ["llm", "traces"])
def test_braces_and_dollars_of_a_line_are_left_to_us(shell, name):
    assert shell.magics_manager.magics["line"][name]._ipython_magic_no_var_expand
