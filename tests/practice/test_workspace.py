"""A workspace is found from any folder inside it, and never loses what a learner wrote."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ml_katas.course.kata import Kata
from ml_katas.errors import WorkspaceError
from ml_katas.practice.workspace import LARGEST, Workspace, read_submission

if TYPE_CHECKING:
    from conftest import Nobody


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace in a folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Workspace.create(folder)


def full(_: int) -> None:
    """Stand in for `os.fsync` on a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


def test_workspace_is_found_upwards(workspace: Workspace) -> None:
    """The nearest folder upwards that holds `.mlkata/` is the workspace."""
    deep = workspace.folder / "a" / "b"
    deep.mkdir(parents=True)
    assert Workspace.locate(deep) == workspace


def test_no_workspace_above_home(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.mlkata/` above the home folder is nobody's workspace; one in it is."""
    home = workspace.folder / "home"
    (home / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    assert Workspace.locate(home / "work") is None
    assert Workspace.locate(Workspace.create(home).folder / "work") == Workspace(home)


def test_variable_names_the_workspace(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLKATA_WORKSPACE overrides the search."""
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("MLKATA_WORKSPACE", str(other))
    assert Workspace.locate(workspace.folder) == Workspace(other)


def test_variable_that_names_no_folder_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLKATA_WORKSPACE that names no folder is an error with the command that makes one."""
    monkeypatch.setenv("MLKATA_WORKSPACE", str(tmp_path / "nowhere"))
    with pytest.raises(WorkspaceError, match="mkdir -p"):
        Workspace.locate(tmp_path)


def test_state_hides_itself_from_git(workspace: Workspace) -> None:
    """`.mlkata/` holds a `.gitignore` that ignores everything in it."""
    assert (workspace.state / ".gitignore").read_text() == "*\n"


def test_start_writes_the_starter(workspace: Workspace, kata: Kata) -> None:
    """`start` writes the text under the kata's file name and says so."""
    started = workspace.start(kata, "def double(x): ...\n")
    assert started.written
    assert started.path == workspace.folder / "tiny_double.py"
    assert started.path.read_bytes() == b"def double(x): ...\n"


def test_start_never_overwrites(workspace: Workspace, kata: Kata) -> None:
    """`start` leaves what exists untouched, a dangling link included, and says that it wrote nothing."""
    path = workspace.submission_path(kata)
    path.write_text("my work")
    assert not workspace.start(kata, "starter").written
    assert path.read_text() == "my work"
    path.unlink()
    path.symlink_to(workspace.folder / "elsewhere.py")
    assert not workspace.start(kata, "starter").written
    assert not (workspace.folder / "elsewhere.py").exists()


def test_start_on_a_full_disk_leaves_no_half_file(
    workspace: Workspace, kata: Kata, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A starter that cannot be written whole is not written at all, and the error says why."""
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="cannot be written: no space left on device"):
        workspace.start(kata, "starter")
    assert [path.name for path in workspace.folder.iterdir()] == [".mlkata"]


def test_start_without_hard_links(workspace: Workspace, kata: Kata, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that knows no hard links the starter is written all the same, and not twice."""

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    assert workspace.start(kata, "starter").written
    assert not workspace.start(kata, "other").written
    assert workspace.submission_path(kata).read_text() == "starter"


def test_reading_returns_the_bytes(workspace: Workspace) -> None:
    """A submission is read as bytes, whatever is in it."""
    path = workspace.folder / "x.py"
    path.write_bytes(b"\xff\x00\r\n")
    assert read_submission(path) == b"\xff\x00\r\n"


def test_missing_submission_names_the_command_that_writes_it(workspace: Workspace) -> None:
    """A missing submission is an error that ends with `mlkata start`."""
    path = workspace.folder / "tiny_double.py"
    with pytest.raises(WorkspaceError) as caught:
        read_submission(path, kata="tiny-double")
    assert str(caught.value) == f"There is no file {path}. `mlkata start tiny-double` writes it."
    with pytest.raises(WorkspaceError, match="Check its path"):
        read_submission(path)


def test_folders_links_and_pipes_are_refused(workspace: Workspace) -> None:
    """What is not a regular file is refused by its kind, without waiting for a pipe's writer."""
    folder, link, pipe = (workspace.folder / name for name in ("folder", "link", "pipe"))
    folder.mkdir()
    link.symlink_to(workspace.state / ".gitignore")
    os.mkfifo(pipe)
    for path, kind in ((folder, "a folder"), (link, "a symbolic link"), (pipe, "a pipe")):
        with pytest.raises(WorkspaceError, match=f"is {kind}"):
            read_submission(path)
    with pytest.raises(WorkspaceError, match="is a device"):
        read_submission(Path("/dev/zero"))


def test_huge_submission_is_refused(workspace: Workspace) -> None:
    """A file of 1 MiB is read, a larger one is refused."""
    path = workspace.folder / "x.py"
    path.write_bytes(b"#" * LARGEST)
    assert len(read_submission(path)) == LARGEST
    path.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(WorkspaceError, match="larger than 1 MiB"):
        read_submission(path)


def test_unreadable_submission_is_said_in_words(nobody: Nobody) -> None:
    """A file without permission is an error in words."""
    path = nobody.folder / "x.py"
    path.touch(0o000)
    with nobody(), pytest.raises(WorkspaceError, match="cannot be read: permission denied"):
        read_submission(path)


def test_every_checked_version_is_kept(workspace: Workspace, kata: Kata) -> None:
    """Each version is stored with its bytes, in order; a return to an old one is a new version."""
    for source in (b"one", b"two", b"one"):
        workspace.keep(kata, source)
    versions = workspace.versions(kata)
    assert [version.path.read_bytes() for version in versions] == [b"one", b"two", b"one"]
    assert [version.number for version in versions] == [1, 2, 3]


def test_unchanged_version_is_not_stored_again(workspace: Workspace, kata: Kata) -> None:
    """Keeping the latest version again returns the path that it already has."""
    assert workspace.keep(kata, b"one") == workspace.keep(kata, b"one")
    assert len(workspace.versions(kata)) == 1


def test_version_that_cannot_be_stored_leaves_nothing_behind(
    workspace: Workspace, kata: Kata, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the error says so, earlier versions stay and no draft is left."""
    first = workspace.keep(kata, b"one").path
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="no space left on device"):
        workspace.keep(kata, b"two")
    assert list(first.parent.iterdir()) == [first]


def test_workspace_where_a_file_is_in_the_way_is_refused(tmp_path: Path) -> None:
    """A file called `.mlkata` is an error in words, not a crash."""
    (tmp_path / ".mlkata").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be made"):
        Workspace.create(tmp_path)
