"""Points in time as a person says them."""

from __future__ import annotations

from datetime import UTC, datetime

_STEPS = ((60, "minute"), (3600, "hour"), (86400, "day"), (86400 * 30, "month"), (86400 * 365, "year"))


def ago(at: str, now: datetime | None = None) -> str:
    """Return how long ago the ISO moment *at* was: `just now`, `5 minutes ago`."""
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(at)).total_seconds()
    reached = [(size, name) for size, name in _STEPS if seconds >= size]
    if not reached:
        return "just now"
    size, name = reached[-1]
    count = int(seconds // size)
    return f"1 {name} ago" if count == 1 else f"{count} {name}s ago"


def local(at: datetime) -> str:
    """Return *at* on the clock of this machine: `2026-11-22 18:07`."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")
