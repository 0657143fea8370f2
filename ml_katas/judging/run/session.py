"""A pytest session for one suite: made ready ahead of time, with nothing that lies around the suite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.compat import NOTSET
from _pytest.config import _prepareconfig
from _pytest.python import get_direct_param_fixture_func
from _pytest.runner import collect_one_node
from _pytest.tmpdir import tmppath_result_key

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


def run_item(item: pytest.Item, nextitem: pytest.Item | None) -> BaseException | None:
    """Run an instance of a check with its fixtures; return the first exception.

    Without the reports and hooks of pytest's own protocol, which nobody here listens to, and without its
    fixtures where a suite has none: they take longer than many a check.
    """
    arguments = _plain_arguments(item)
    if arguments is not None:
        item.funcargs = arguments  # type: ignore[attr-defined]
        return _attempt(item.runtest)
    item.stash.setdefault(tmppath_result_key, {})
    if not item._request:  # type: ignore[attr-defined]
        item._initrequest()  # type: ignore[attr-defined]
    state = item.session._setupstate
    error = _attempt(lambda: state.setup(item)) or _attempt(item.runtest)
    late = _attempt(lambda: state.teardown_exact(nextitem))
    item._request, item.funcargs = False, None  # type: ignore[attr-defined]
    return error or late


def _plain_arguments(item: Any) -> dict[str, Any] | None:
    """Return the arguments of an instance that has none but those of its own parametrization, else None."""
    spec = getattr(item, "callspec", None)
    arguments = dict(spec.params) if spec else {}
    if NOTSET in arguments.values():  # parametrized with nothing
        return None
    fixtures = item._fixtureinfo.name2fixturedefs
    own = all(
        name in arguments and fixtures[name][-1].func is get_direct_param_fixture_func
        for name in item.fixturenames
    )
    return arguments if own and not item.session._setupstate.stack else None


def _attempt(phase: Callable[[], None]) -> BaseException | None:
    try:
        phase()
    except BaseException as error:
        return error
    return None
