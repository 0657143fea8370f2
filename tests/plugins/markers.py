"""The marker `engine`: given to tests by folder or fixture, and demanded of those that start an engine.

A test that has its processes started by a command has the marker written above it. Without the engine nothing
computes with torch, and what would import it is not even collected.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_TESTS = Path(__file__).parents[1]
_STARTED = {"_judge_of_the_session", "_server_of_the_session", "grounds", "installation", "tmux"}
_FOLDERS = {"adversarial", "comparison", "judging"}  # whose tests compute with torch
_WITHOUT = "not engine"
_PROCESSES = "ml_katas.judging.processes."


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the folders of which no test would run."""
    return True if config.option.markexpr == _WITHOUT and _is_of_the_engine(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a real judge, server, terminal or torch as `engine`."""
    for item in items:
        if _STARTED.intersection(getattr(item, "fixturenames", ())) or _is_of_the_engine(item.path):
            item.add_marker("engine")


def _is_of_the_engine(path: Path) -> bool:
    return path.is_relative_to(_TESTS) and path.relative_to(_TESTS).parts[:1] in {
        (name,) for name in _FOLDERS
    }


class _Starts:
    """Takes note of the processes of the engine that this process starts."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and any(_PROCESSES in str(word) for word in given[1]):
            self.commands.append(given[1])


_starts = _Starts()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that starts an engine without the marker, so that `-m "not engine"` stays quick."""
    _starts.commands.clear()
    yield
    if _starts.commands and item.get_closest_marker("engine") is None:
        pytest.fail("this test starts an engine; mark it with @pytest.mark.engine, or let it ask for `warm`")
