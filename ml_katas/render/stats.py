"""Statistics as tables and small charts for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import zip_longest

from rich.console import RenderableType
from rich.text import Text

from ..cards.schedule import Rating
from ..cards.statistics import Retention, Statistics
from .page import Page, View

_BAR = 24
_LEVELS = 4
_TWO_COLUMNS = 76
_SHADES = ("·", "░", "▒", "▓", "█")
_ASCII_SHADES = (".", "-", "+", "x", "#")
_COLOURS = ("dim", "green", "green", "bold green", "bold green")
_DAYS = ("Mon", "", "Wed", "", "Fri", "", "")


def stats_view(found: Statistics) -> View:
    """Return all statistics, one block below the other."""
    return View(lambda page: _blocks(page, found))


def level(count: int, most: int) -> int:
    """Return the shade of a day, 0 to 4, beside the day on which most was done."""
    return 0 if not count else max(1, -(-_LEVELS * count // max(most, 1)))


def percent(found: Retention) -> str:
    """Return a retention: `92 % of 50`, or that nothing came back yet."""
    return f"{100 * found.share:.0f} % of {found.asked}" if found.share is not None else "nothing yet"


def facts(found: Statistics) -> Iterator[tuple[str, str]]:
    """Yield the numbers that stand alone, with their names."""
    days = "1 day" if found.streak.current == 1 else f"{found.streak.current} days"
    yield "streak", f"{days}, longest {found.streak.longest}"
    reviews = f"{found.reviews_today} today, {found.reviews_month} in 30 days, {found.reviews_total} in all"
    yield "reviews", reviews
    if found.minutes_month:
        yield "time", f"{found.minutes_month} min in 30 days"
    yield "retention", f"{percent(found.retention_month)} in 30 days, {percent(found.retention_total)} in all"
    if found.katas_due:
        yield "katas due", ", ".join(found.katas_due)


def states(found: Statistics) -> Iterator[tuple[str, int]]:
    """Yield the cards by state, with the names of the states."""
    names = {"mature": "mature, 21 days and more", "waiting": "waiting for their kata"}
    for name, count in vars(found.states).items():
        yield names.get(name, name), count


def ratings(found: Statistics) -> Iterator[tuple[str, int]]:
    """Yield how often each rating was given in 30 days."""
    yield from ((rating.name.lower(), found.ratings.get(rating, 0)) for rating in Rating)


def _blocks(page: Page, found: Statistics) -> Iterator[RenderableType]:
    for name, value in facts(found):
        yield from page.hanging(Text(f"  {name:<11}", "dim"), page.text(value))
    tracks = [(track.title, track.passed, track.total) for track in found.tracks]
    coming = [(f"{day:%a} {day.day} {day:%b}", cards) for day, cards in found.forecast]
    half = replace(page, width=page.width // 2) if page.width >= _TWO_COLUMNS else page
    left = [
        *_bars(half, "cards", list(states(found))),
        *_bars(half, "ratings in 30 days", list(ratings(found))),
    ]
    yield from _beside(page, left, list(_bars(half, "to come", coming)))
    yield from _shares(page, "katas", tracks)
    yield from _calendar(page, found)


def _beside(page: Page, left: list[Text], right: list[Text]) -> Iterator[Text]:
    """Yield two blocks beside each other, or where that is too narrow one below the other."""
    if page.width < _TWO_COLUMNS:
        yield from (*left, *right)
        return
    for one, other in zip_longest(left, right, fillvalue=Text()):
        line = Text.assemble(one)
        line.pad_right(page.width // 2 - line.cell_len)
        yield Text.assemble(line, other)


def _heading(page: Page, text: str) -> Iterator[Text]:
    yield Text()
    yield page.text(f"  {text}", "bold")


def _bars(page: Page, title: str, rows: list[tuple[str, int]]) -> Iterator[Text]:
    yield from _heading(page, title)
    most = max((count for _, count in rows), default=0)
    names, numbers = max(len(name) for name, _ in rows), len(str(most))
    room = min(_BAR, page.width - names - numbers - 8)
    for name, count in rows:
        bar = _bar(page, room * count // most if most else 0, bool(count)) if room >= 4 else Text()
        line = Text.assemble("  ", page.text(f"{name:<{names}}"), f"  {count:>{numbers}}  ", bar)
        line.truncate(page.width)
        yield line


def _bar(page: Page, length: int, is_some: bool) -> Text:
    sign = "█" if page.glyphs.unicode else "#"
    return Text(sign * max(length, int(is_some)), "green")


def _shares(page: Page, title: str, rows: list[tuple[str, int, int]]) -> Iterator[Text]:
    if not rows:
        return
    yield from _heading(page, title)
    names = min(max(len(name) for name, _, _ in rows), max(8, page.width - 16))
    for name, passed, total in rows:
        short = page.text(name)
        short.truncate(names, overflow="ellipsis", pad=True)
        room = min(_BAR, page.width - names - 16)
        full = room * passed // total if total else 0
        done, left = ("█", "░") if page.glyphs.unicode else ("#", ".")
        bar = Text.assemble((done * full, "green"), (left * (room - full), "dim")) if room >= 4 else Text()
        yield Text.assemble("  ", short, f"  {passed:>3} of {total:<3} ", bar)


def _calendar(page: Page, found: Statistics) -> Iterator[Text]:
    """Yield a year of days, a column a week; a narrow page shows fewer weeks."""
    weeks = found.weeks[-max(4, min(len(found.weeks), page.width - 8)) :]
    yield from _heading(page, "a year" if len(weeks) == len(found.weeks) else f"{len(weeks)} weeks")
    yield _months(page, weeks)
    shown = [found.days.get(day, 0) for week in weeks for day in week]
    most = max(shown, default=0)
    for weekday, name in enumerate(_DAYS):
        line = Text(f"  {name:<4}", "dim")
        for week in weeks:
            line.append_text(_day(page, week, weekday, found.days, most))
        yield line
    yield Text(f"  {sum(shown)} reviews and checks, at most {most} a day", "dim")


def _months(page: Page, weeks: tuple[tuple[date, ...], ...]) -> Text:
    line = [" "] * len(weeks)
    for number, week in enumerate(weeks):
        is_first = number == 0 or week[0].month != weeks[number - 1][0].month
        name = f"{week[0]:%b}"
        if (
            is_first
            and number + 3 <= len(weeks)
            and all(c == " " for c in line[max(0, number - 1) : number + 3])
        ):
            line[number : number + 3] = name[:3]
    return Text("      " + "".join(line), "dim")


def _day(page: Page, week: tuple[date, ...], weekday: int, days: Mapping[date, int], most: int) -> Text:
    if weekday >= len(week):
        return Text(" ")
    shade = level(days.get(week[0] + timedelta(days=weekday), 0), most)
    return Text((_SHADES if page.glyphs.unicode else _ASCII_SHADES)[shade], _COLOURS[shade])
