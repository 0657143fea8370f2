"""Statistics as one web page, without scripts or other files."""

from __future__ import annotations

from typing import Any

from ..cards.statistics import Statistics
from ..course.sources import bundled
from .stats import facts, level, ratings, states

TEMPLATE = "stats.html.j2"


def stats_page(found: Statistics) -> str:
    """Return the page as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = bundled("templates")
    assert folder is not None
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(_values(found))


def _values(found: Statistics) -> dict[str, Any]:
    most = max(found.days.values(), default=0)
    return {
        "today": found.today,
        "facts": tuple(facts(found)),
        "states": tuple(states(found)),
        "ratings": tuple(ratings(found)),
        "tracks": found.tracks,
        "forecast": found.forecast,
        "weeks": [
            [(day, found.days.get(day, 0), level(found.days.get(day, 0), most)) for day in week]
            for week in found.weeks
        ],
    }
