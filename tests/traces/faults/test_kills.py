"""SIGKILL in front of the steps of a fold, a migration, a rebuilding and a writer: nothing lost, nothing twice.

A sample of the steps; `python -m tests.soak.steps` takes every one of them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is not on this system")
@pytest.mark.parametrize(("work", "every"), [("fold", 7), ("migrate", 7), ("rebuild", 7), ("write", 5)])
def test_work_that_is_killed_before_a_step_and_done_again_gives_what_it_would_have_given(work, every):
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak.steps", work, "--every", str(every)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {one["figure"]: one["value"] for one in json.loads(done.stdout.splitlines()[-1])["figures"]}
    assert figures[f"{work}_kills"] >= 5
    assert figures[f"{work}_rows"] > 0
    assert (figures[f"{work}_lost"], figures[f"{work}_duplicated"]) == (0, 0)
