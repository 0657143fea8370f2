"""What all tests share: a clean environment, a small course, a terminal, a judge that obeys, the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugins.course import Terminal
    from tests.plugins.engine import Engine
    from tests.plugins.environment import Nobody
    from tests.plugins.obedient import ObedientJudge

    __all__ = ["Engine", "Nobody", "ObedientJudge", "Terminal"]

pytest_plugins = [
    "tests.plugins.course",
    "tests.plugins.engine",
    "tests.plugins.environment",
    "tests.plugins.installation",
    "tests.plugins.markers",
    "tests.plugins.obedient",
]
