"""The extension's pure functions, by Node's own test runner."""

import subprocess
from pathlib import Path

EXTENSION = Path(__file__).parents[2] / "extension"


def test_the_functions_of_the_extension(node_environment):
    command = ["node", "--test", "--experimental-strip-types", "tests/functions.test.mjs"]
    done = subprocess.run(
        command, cwd=EXTENSION, env=node_environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
