"""A pytest session for one suite: configured ahead of time, with nothing that lies around the suite."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.config import _prepareconfig

# Plugins that a suite has no use for, or that cost time or reach the disk.
_OFF = (
    *("terminal", "cacheprovider", "logging", "faulthandler", "skipping", "doctest", "unittest"),
    *("junitxml", "pastebin", "stepwise", "setuponly", "setupplan", "debugging", "legacypath"),
    *("unraisableexception", "threadexception", "warnings"),
)
_OPTIONS = (
    *(part for name in _OFF for part in ("-p", f"no:{name}")),
    "--disable-plugin-autoload",
    "--capture=no",
    "--assert=plain",
    "--noconftest",
    "--import-mode=importlib",
    "--rootdir=/",
    "--confcutdir=/",
    "-c/dev/null",
)


class Session:
    """pytest's configuration and plugins, made once before the fork; each copy runs one suite."""

    def __init__(self) -> None:
        self._config = _prepareconfig([*_OPTIONS, "/dev/null"])

    def run(self, suite: Path, plugin: object) -> None:
        """Run the checks of *suite* under *plugin*; once in a process."""
        config = self._config
        config.args = [str(suite)]
        config._rootpath = suite.parent
        config.pluginmanager._confcutdir = suite.parent
        config.pluginmanager.register(plugin, "judge")
        try:
            config.hook.pytest_cmdline_main(config=config)
        except pytest.UsageError as error:
            raise RuntimeError(f"pytest refuses the suite: {error}") from None
        finally:
            config._ensure_unconfigure()
