"""Which folder is the workspace: found again from elsewhere, and better not a folder of other things."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Terminal


@pytest.fixture
def elsewhere(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return another folder, to which one went after work."""
    terminal("start", "tiny-double")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_the_last_workspace_is_named(terminal: Terminal, elsewhere: Path) -> None:
    """In another folder the status, and what needs a workspace, say where it is."""
    assert f"cd {terminal.folder}" in terminal("status").stdout
    result = terminal("hint", "tiny-double")
    assert result.exit_code == 2
    assert f"Yours is {terminal.folder}" in result.stderr
    assert not (elsewhere / ".mlkata").exists()


def test_a_workspace_that_is_gone_is_not_named(terminal: Terminal, elsewhere: Path) -> None:
    """A folder that is a workspace no longer is not recommended."""
    (terminal.folder / ".mlkata").rename(terminal.folder / "gone")
    assert "Your workspace is" not in terminal("status").stdout


def test_a_crowded_folder_is_said_to_be(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home, or a folder full of other things, becomes a workspace with a word of advice; others without."""
    assert "mkdir practice" not in terminal("start", "tiny-double").stdout
    for name, count in (("home-of-ada", 0), ("full", 30)):
        folder = tmp_path / name
        folder.mkdir()
        for number in range(count):
            (folder / f"{number}.txt").touch()
        monkeypatch.setenv("HOME", str(tmp_path / "home-of-ada"))
        monkeypatch.chdir(folder)
        assert "mkdir practice && cd practice" in terminal("start", "tiny-double").stdout
