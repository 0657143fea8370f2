"""The clock: the moment it is, in UTC."""

from __future__ import annotations

import os
from datetime import UTC, datetime

VARIABLE = "MLKATA_NOW"


def now() -> datetime:
    """Return the moment it is; a test that lives through a month puts another one into MLKATA_NOW."""
    stands_at = os.environ.get(VARIABLE)
    return datetime.fromisoformat(stands_at).astimezone(UTC) if stands_at else datetime.now(UTC)


def iso(moment: datetime) -> str:
    """Return *moment* as the progress file writes it: moments of it sort like their texts."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
