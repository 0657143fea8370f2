"""Days as a learner lives them: by the clock of their machine, from four in the morning to the next."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

BEGINS = 4  # o'clock: what is done after midnight belongs to the evening before


def day_of(moment: datetime) -> date:
    """Return the day that a moment belongs to."""
    return (moment.astimezone() - timedelta(hours=BEGINS)).date()


def beginning(day: date) -> datetime:
    """Return the moment at which a day begins, in UTC."""
    return datetime.combine(day, time(BEGINS)).astimezone(UTC)


def end_of_day(moment: datetime) -> datetime:
    """Return the moment at which the day of *moment* ends, in UTC."""
    return beginning(day_of(moment) + timedelta(days=1))
