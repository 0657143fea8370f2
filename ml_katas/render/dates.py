"""Points in time as a person says them."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..support import clock

_STEPS = ((60, "minute"), (3600, "hour"), (86400, "day"), (86400 * 30, "month"), (86400 * 365, "year"))


def ago(at: str, now: datetime | None = None) -> str:
    """Return how long ago the ISO moment *at* was: `just now`, `5 minutes ago`."""
    seconds = ((now or clock.now()) - datetime.fromisoformat(at)).total_seconds()
    reached = [(size, name) for size, name in _STEPS if seconds >= size]
    if not reached:
        return "just now"
    size, name = reached[-1]
    count = int(seconds // size)
    return f"1 {name} ago" if count == 1 else f"{count} {name}s ago"


def local(at: datetime) -> str:
    """Return *at* on the clock of this machine: `2026-11-22 18:07`."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def span(time: timedelta) -> str:
    """Return a time to wait: `1 min`, `3 h`, `8 days`, `2.5 months`, `1.2 years`."""
    seconds = time.total_seconds()
    if seconds < 3600:
        return f"{max(1, round(seconds / 60))} min"
    if seconds < 86400:
        return f"{round(seconds / 3600)} h"
    days = round(seconds / 86400)
    if days < 60:
        return "1 day" if days == 1 else f"{days} days"
    return f"{days / 30.44:.1f} months" if days < 365 else f"{days / 365.25:.1f} years"


def day(at: datetime, now: datetime) -> str:
    """Return the day of *at* on the clock of this machine: `4 Dec`, and the year where it is another."""
    here = at.astimezone()
    year = f" {here.year}" if here.year != now.astimezone().year else ""
    return f"{here.day} {here:%b}{year}"


def returning(wait: timedelta, now: datetime) -> str:
    """Return when something comes back: `10 min`, `8 days, 4 Dec`."""
    return span(wait) if wait < timedelta(days=1) else f"{span(wait)}, {day(now + wait, now)}"
