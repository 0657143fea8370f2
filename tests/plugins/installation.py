"""ml_katas as it is installed from its wheel, in a virtual environment away from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
_BUILD = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
_INSTALL = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]


@dataclass(frozen=True)
class Installation:
    """A virtual environment that holds the wheel, and a copy of these tests that finds nothing else."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def package(self) -> Path:
        return next((self.folder / "venv" / "lib").glob("python*/site-packages")) / "ml_katas"

    @classmethod
    def make(cls, folder: Path, wheel: Path) -> Installation:
        """Return a new installation of *wheel*; torch and all else are those of these tests."""
        venv.create(folder / "venv", symlinks=True)
        site = cls(folder).package.parent
        # Only folders: what makes an editable install findable there is a `.pth`, and is not followed.
        (site / "others.pth").write_text("\n".join(_site_packages()), encoding="utf-8")
        subprocess.run([*_INSTALL, str(site), str(wheel)], check=True)
        for part in ("adversarial", "fixtures"):
            hidden = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / "tests" / part, folder / "tests" / part, ignore=hidden)
        return cls(folder)

    def copy(self, folder: Path) -> Installation:
        """Return another installation like this one."""
        return Installation(shutil.copytree(self.folder, folder, symlinks=True))

    def judge_hostile(self, *names: str) -> list[dict[str, Any]]:
        """Return what `python -m tests.adversarial.installed` writes here."""
        command = [str(self.python), "-m", "tests.adversarial.installed", *names]
        environment = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


def _site_packages() -> list[str]:
    return [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Return an installation of the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*_BUILD, "--outdir", str(folder), str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return Installation.make(tmp_path_factory.mktemp("installed"), wheel)
