"""What keeps the person who runs the tests, and their rights, out of them."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ml_katas.config import ABOUT


def pytest_configure() -> None:
    """Heed the signals that a job in the background ignores: what it starts would ignore them too."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Have torch compute with one thread, as it does for checks: the cores are busy with tests."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    gc.freeze()  # modules and tests stay: no collection need look through them again


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the settings of the person who runs the tests out of them."""
    settings = ("MLKATA_WORKSPACE", *(variable for variable, _ in ABOUT.values()))
    others = ("MLKATA_NOW", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "VISUAL", "EDITOR", "TERM_PROGRAM")
    for name in (*settings, *others):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLKATA_COLD", "1")
    monkeypatch.setenv("MLKATA_HOME", str(tmp_path / "home"))


class Nobody:
    """A user who may do little, for tests that run as root; `folder` is a place that anyone can reach."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def __call__(self) -> Iterator[None]:
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield
        finally:
            if is_root:
                os.seteuid(0)


@pytest.fixture
def nobody() -> Iterator[Nobody]:
    """Return what makes a block run without root's rights."""
    with TemporaryDirectory(prefix="mlkata-test-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield Nobody(folder)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o777)
