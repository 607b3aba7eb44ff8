"""Binder's steps in a clean environment: the quickstart runs there, in the memory that Binder gives."""

import json
from pathlib import Path

import pytest

MEASURE = Path(__file__).with_name("measure.py")


@pytest.mark.wheel
@pytest.mark.notebook
@pytest.mark.timeout(420)
def test_the_quickstart_runs_in_binders_environment_in_two_gibibytes(binder, record_property):
    said = binder.run("python", str(MEASURE), "quickstart.ipynb", cwd=binder.clone / "notebooks")
    measured = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    print(
        f"Binder: built in {binder.seconds:.0f} s; quickstart.ipynb in {measured['seconds']:.0f} s, "
        f"the kernel's peak memory {measured['peak_mib']:.0f} MiB (aim: under 1024)"
    )
    for name, value in measured.items():
        record_property(name, value)
    assert measured["peak_mib"] < 2048


def test_binder_has_a_pinned_python_and_a_build_that_can_be_run():
    folder = Path(__file__).parents[2] / "binder"
    assert (folder / "runtime.txt").read_text().strip().startswith("python-3.")
    assert (folder / "postBuild").stat().st_mode & 0o111
