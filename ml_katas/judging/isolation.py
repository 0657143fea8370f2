"""How far a submission is kept from the machine that checks it."""

from __future__ import annotations

from ..report import Isolation


def isolation() -> Isolation:
    """Return the level in force: a process of its own, with limits on time, memory and output."""
    return Isolation("limits-only", ("files", "network", "processes", "signals"))
