"""What a sandbox may not read, wherever this package lies."""

from __future__ import annotations

from pathlib import Path

import pytest

import ml_katas
from ml_katas.course.sources import bundled
from ml_katas.judging.sandbox.confinement import hidden_paths, readable_roots

PACKAGE = Path(ml_katas.__file__).resolve().parent


def is_hidden(path: Path) -> bool:
    """Return whether *path* lies in something hidden."""
    return any(path.is_relative_to(hidden) for hidden in hidden_paths())


def test_the_whole_package_is_hidden() -> None:
    """The package's own folder is hidden, not a folder in it or above it."""
    assert PACKAGE in hidden_paths()
    assert PACKAGE.name == "ml_katas"
    assert PACKAGE.parent not in hidden_paths()


def test_every_file_of_the_package_and_of_the_course_is_hidden() -> None:
    """No suite, solution, template or module of ours can be read."""
    course, templates = bundled("katas"), bundled("templates")
    assert course
    assert templates
    files = [path for folder in (PACKAGE, course, templates) for path in folder.rglob("*") if path.is_file()]
    assert {"suite.py", "solution.py", "confinement.py", "starter.py.j2"} <= {path.name for path in files}
    assert [path for path in files if not is_hidden(path.resolve())] == []


def test_copies_that_an_installation_leaves_are_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of katas, or the list of an installation's files, in any site-packages is hidden."""
    site = tmp_path / "lib" / "site-packages"
    for name in ("ml_katas/katas", "ml_katas-9.9.dist-info", "torch"):
        (site / name).mkdir(parents=True)
    monkeypatch.syspath_prepend(site)
    assert site in readable_roots()
    assert is_hidden(site / "ml_katas" / "katas" / "moe-topk" / "suite.py")
    assert is_hidden(site / "ml_katas-9.9.dist-info" / "RECORD")
    assert not is_hidden(site / "torch")
