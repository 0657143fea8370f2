"""Waiting for what other processes and threads do."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 120.0  # a safety net: what is waited for comes, however busy the machine is


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "the condition never held"
        time.sleep(0.02)
