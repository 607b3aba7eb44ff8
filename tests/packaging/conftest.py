"""A wheel, and the clean environment that Binder's steps make; each once for all tests of this folder."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NODE = ("node", "nodejs", "npm", "npx", "corepack", "yarn", "jlpm")


@dataclass(frozen=True)
class Place:
    """A clean environment with a clone of the project, and how long it took to make."""

    clone: Path
    folder: Path
    environment: dict[str, str]
    seconds: float

    def run(self, *command, **options):
        program = shutil.which(command[0], path=str(self.folder / "bin"))
        assert program, command[0]
        done = subprocess.run(
            [program, *command[1:]], env=self.environment, capture_output=True, text=True, check=False, **options
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout + done.stderr


def checked(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="session")
def uv():
    found = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if not found:
        pytest.skip("no uv: pip install uv")
    return found


@pytest.fixture(scope="session")
def wheel(uv, tmp_path_factory):
    """The wheel as `make wheel` builds it from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    checked([uv, "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", str(folder)], cwd=ROOT)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def binder(uv, tmp_path_factory):
    """What Binder does with `binder/`, without Node: a Python, the requirements, then `postBuild` in a clone."""
    began = time.perf_counter()
    top = tmp_path_factory.mktemp("binder")
    clone, folder, programs = top / "clone", top / "environment", top / "programs"
    listed = checked(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    programs.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            if program.name not in NODE and not (programs / program.name).exists() and os.access(program, os.X_OK):
                (programs / program.name).symlink_to(program)
    kept = ("HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "UV_DEFAULT_INDEX", "UV_INDEX")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {
        "PATH": f"{folder / 'bin'}{os.pathsep}{programs}",
        "UV_NO_CACHE": "0",  # an image keeps none; this machine need not fetch what it has
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    checked([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
    needs = ["--requirement", str(clone / "binder" / "requirements.txt")]
    checked([uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), *needs])
    checked([str(clone / "binder" / "postBuild")], cwd=clone, env=environment)
    return Place(clone, folder, environment, time.perf_counter() - began)
