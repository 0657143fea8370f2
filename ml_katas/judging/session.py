"""A pytest session for one suite: made ready ahead of time, with nothing that lies around the suite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from _pytest.config import _prepareconfig
from _pytest.runner import collect_one_node

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


class CannotCollect(Exception):
    """A suite that pytest cannot read; the message says why."""


class Session:
    """pytest with its plugins and fixtures known before the fork; each copy runs one suite."""

    def __init__(self) -> None:
        self._config = _prepareconfig([*_OPTIONS, "/dev/null"])
        self._session = pytest.Session.from_config(self._config)
        self._collected: dict[Path, list[pytest.Item]] = {}
        self._config._do_configure()
        self._config.hook.pytest_sessionstart(session=self._session)

    def collect(self, suite: Path) -> Sequence[pytest.Item]:
        """Return the instances of the checks of *suite*, or raise CannotCollect; once for each suite."""
        if suite not in self._collected:
            self._collected[suite] = self._collect(suite)
        items = self._session.items = list(self._collected[suite])
        return items

    def _collect(self, suite: Path) -> list[pytest.Item]:
        self._config._rootpath = suite.parent
        try:
            report = collect_one_node(pytest.Module.from_parent(self._session, path=suite))
        except BaseException as error:  # pytest.exit is no Exception
            raise CannotCollect(f"{type(error).__name__}: {error}") from None
        if report.failed:
            raise CannotCollect(str(report.longrepr).strip().splitlines()[-1].removeprefix("E").strip())
        items = [item for item in report.result if isinstance(item, pytest.Item)]
        self._config.hook.pytest_collection_modifyitems(
            session=self._session, config=self._config, items=items
        )
        return items

    def finish(self) -> None:
        """End the fixtures that outlive a check."""
        self._session._setupstate.teardown_exact(None)

    def close(self) -> None:
        """End all fixtures and remove what they left on the disk."""
        self.finish()
        if self._config._tmp_path_factory._basetemp is None:  # type: ignore[attr-defined]
            return
        self._config.hook.pytest_sessionfinish(session=self._session, exitstatus=0)
        self._config._ensure_unconfigure()
