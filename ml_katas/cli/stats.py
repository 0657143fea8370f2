"""`mlkata stats`: what your reviews add up to."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from ..cards.plan import library_of
from ..cards.schedule import Rating
from ..cards.statistics import Retention, Statistics, statistics
from .messages import closing_notices, short
from .options import Settings, common


@click.command()
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a page to FILE instead, which prints well.",
)
@common
def stats(settings: Settings, html: Path | None) -> None:
    """Show your streak, retention, cards by state, katas by track, what is to come, and a year of days."""
    with settings.state() as state, closing_notices(settings.screen, state):
        library = library_of(state)
        found = statistics(state, library)
        state.notes.extend(map(str, library.problems))
    if html:
        _write(html, found)
    if settings.json:
        settings.screen.emit(_as_json(found, html))
    elif html:
        settings.screen.say(f"Wrote {short(html)}.")
    else:
        from ..render.stats import stats_view

        settings.screen.draw(stats_view(found))


def _write(path: Path, found: Statistics) -> None:
    from ..render.stats_page import stats_page
    from ..support.files import as_file_error, write_whole

    with as_file_error(path, "written"):
        write_whole(path.absolute(), stats_page(found).encode())


def _as_json(found: Statistics, html: Path | None) -> dict[str, Any]:
    return {
        "schema": "mlkata.stats/1",
        "today": found.today.isoformat(),
        "streak": {"current": found.streak.current, "longest": found.streak.longest},
        "reviews": {
            "today": found.reviews_today,
            "month": found.reviews_month,
            "total": found.reviews_total,
            "minutes_month": found.minutes_month,
            "ratings_month": {rating.name.lower(): found.ratings.get(rating, 0) for rating in Rating},
        },
        "retention": {
            "month": _retention(found.retention_month),
            "total": _retention(found.retention_total),
        },
        "cards": vars(found.states),
        "tracks": [dataclasses.asdict(track) for track in found.tracks],
        "katas_due": list(found.katas_due),
        "forecast": [{"day": day.isoformat(), "cards": cards} for day, cards in found.forecast],
        "days": {day.isoformat(): count for day, count in sorted(found.days.items())},
        "html": str(html) if html else None,
    }


def _retention(found: Retention) -> dict[str, Any]:
    return {"remembered": found.remembered, "asked": found.asked, "share": found.share}
