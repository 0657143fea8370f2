"""The folders of a user: where platformdirs would put them, or below MLKATA_HOME."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs
import pytest

from ml_katas.support.paths import cache_folder, config_folder


def test_mlkata_home_overrides_both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With MLKATA_HOME the settings lie in that folder and the caches below it."""
    monkeypatch.setenv("MLKATA_HOME", str(tmp_path))
    assert (config_folder(), cache_folder()) == (tmp_path, tmp_path / "cache")
    monkeypatch.setenv("MLKATA_HOME", "~/katas")
    assert config_folder() == Path.home() / "katas"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs is asked")
@pytest.mark.parametrize("base", [None, "/etc/mine", " ", ""])
def test_shortcut_agrees_with_platformdirs(monkeypatch: pytest.MonkeyPatch, base: str | None) -> None:
    """On Linux the folders are those that platformdirs names, though it is not imported."""
    monkeypatch.delenv("MLKATA_HOME")
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
        if base is not None:
            monkeypatch.setenv(name, base)
    assert config_folder() == platformdirs.user_config_path("mlkata", appauthor=False)
    assert cache_folder() == platformdirs.user_cache_path("mlkata", appauthor=False)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs is asked")
def test_a_relative_base_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that names no whole path says nothing, as its specification asks."""
    monkeypatch.delenv("MLKATA_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert cache_folder() == Path.home() / ".cache" / "mlkata"
