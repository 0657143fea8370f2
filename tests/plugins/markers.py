"""Markers that tests get from the fixtures they use: `engine` where a judge or a server is started.

A test that starts one by itself has the marker written above it.
"""

from __future__ import annotations

import pytest

_STARTED = {"_judge_of_the_session", "_server_of_the_session", "grounds", "installation"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a real judge as `engine`."""
    for item in items:
        if _STARTED.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("engine")
