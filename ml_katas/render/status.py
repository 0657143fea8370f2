"""Where a learner is: the tracks they are on, the last verdict, the next kata; and the end of a track."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from rich.text import Text

from ..cards.plan import Plan
from ..practice.overview import Finish, Last, NextReason, TrackProgress, Upcoming, Whereabouts
from ..practice.status import DONE, KataStatus
from .dates import ago
from .page import Page, View

_BAR = 10
_WHY = {
    NextReason.DUE: "due again",
    NextReason.UNFINISHED: "unfinished",
    NextReason.NEEDED: "needed first for {}",
    NextReason.PATH: "next on the path",
    NextReason.TRACK: "next in the track",
    NextReason.COURSE: "next in the course",
}


def status_view(found: Whereabouts, due: Plan | None = None) -> View:
    """Return where the learner is and what is due; for someone who has not begun, how to begin."""
    return View(lambda page: _status(page, found, due))


def finish_view(finish: Finish) -> View:
    """Return the end of a track: what was done, with how much help, and the track to do next."""
    return View(lambda page: _finish(page, finish))


def _status(page: Page, found: Whereabouts, due: Plan | None) -> Iterator[Text]:
    if not found.last:
        yield from _welcome(page, found)
        if due and due.due:
            yield Text()
            yield from _labelled(page, "due ", _due(page, due))
        return
    shown = [track for track in found.tracks if track.touched]
    for track in shown:
        yield from _track(page, track, max(len(t.title) for t in shown))
    others = len(found.tracks) - len(shown)
    if others:
        noun = "track" if others == 1 else "tracks"
        yield from page.wrapped(Text(f"  {others} more {noun}: mlkata list", style="dim"))
    yield Text()
    yield from _labelled(page, "last", _last(page, found.last))
    if due and (due.cards or due.katas):
        yield from _labelled(page, "due ", _due(page, due))
    yield from _labelled(page, "next", _next(page, found.upcoming))


def _due(page: Page, due: Plan) -> Iterator[Text]:
    """Yield what a review would ask."""
    counts = ((len(due.due), "card"), (len(due.new), "new card"), (len(due.katas), "kata"))
    yield page.parts(*(Text(f"{n} {noun}" + "s" * (n != 1)) for n, noun in counts if n))
    yield Text("mlkata review", "cyan")


def _welcome(page: Page, found: Whereabouts) -> Iterator[Text]:
    total = sum(track.total for track in found.tracks)
    if not found.upcoming:
        yield from page.wrapped(Text("No katas were found. `mlkata doctor` shows where they are looked for."))
        return
    katas = "1 kata" if total == 1 else f"{total} katas"
    yield from page.wrapped(Text.assemble(Text("Nothing is started here yet.", "bold"), f" {katas} wait."))
    yield Text()
    entry = found.upcoming.entry
    commands = (("mlkata demo", "see the whole loop once"), ("mlkata start", f"begin with {entry.title}"))
    for command, purpose in (*commands, ("mlkata list", "or choose one")):
        yield from page.hanging(Text(f"  {command:<14}", "cyan"), page.text(purpose))


def _track(page: Page, track: TrackProgress, width: int) -> Iterator[Text]:
    title, count = page.text(track.title), Text(f"{track.passed} of {track.total}")
    if width > page.width - _BAR - count.cell_len - 8:
        yield from page.apart(Text.assemble("  ", title), count)
        return
    title.pad_right(width - title.cell_len)
    yield Text.assemble("  ", title, "  ", _bar(page, track), "  ", count)


def _bar(page: Page, track: TrackProgress) -> Text:
    full = _BAR * track.passed // track.total
    done, left = ("█", "░") if page.glyphs.unicode else ("#", ".")
    return Text.assemble((done * full, "green"), (left * (_BAR - full), "dim"))


def _labelled(page: Page, label: str, lines: Iterator[Text]) -> Iterator[Text]:
    for lead, line in zip_longest([Text(f"  {label}  ", "dim")], lines, fillvalue=Text("        ")):
        yield from page.hanging(lead, line)


def _last(page: Page, last: Last) -> Iterator[Text]:
    yield Text.assemble(page.text(last.entry.slug, "bold"), "  ", page.text(last.entry.title))
    attempt = last.attempt
    if not attempt:
        yield Text("started, not checked yet")
        return
    style = "green" if attempt.status == "passed" else "yellow"
    verdict = Text.assemble((attempt.status, style), f" {ago(attempt.started)}")
    if attempt.replayed:
        verdict.append(", a replay with a chosen seed", "dim")
    if attempt.total:
        verdict.append(f", {attempt.passed} of {attempt.total} checks")
    yield verdict
    if last.sentence and attempt.status != "passed":
        yield Text.assemble((f"{page.glyphs.failed} ", "red"), page.text(last.sentence))


def _next(page: Page, upcoming: Upcoming | None) -> Iterator[Text]:
    if not upcoming:
        yield Text("all is done: mlkata list")
        return
    entry = upcoming.entry
    yield Text.assemble(page.text(entry.slug, "bold"), "  ", page.text(entry.title))
    command = f"mlkata check {entry.slug}" if upcoming.why is NextReason.UNFINISHED else "mlkata next"
    yield page.parts(
        page.text(_WHY[upcoming.why].format(upcoming.needed_for)),
        Text(f"{entry.difficulty}, about {entry.minutes} min"),
    )
    yield Text(command, "cyan")


def _finish(page: Page, finish: Finish) -> Iterator[Text]:
    yield from page.wrapped(page.text(f"You finished the track {finish.track.title}.", "bold green"))
    for slug, status in zip(finish.track.katas, finish.statuses, strict=True):
        note = "  with the solution" if status is KataStatus.ASSISTED else ""
        sign = page.glyphs.passed if status in DONE else page.glyphs.started
        lead = Text.assemble("  ", (f"{sign:<{page.glyphs.width}}", "green"), " ")
        yield from page.hanging(lead, Text.assemble(page.text(slug), (note, "dim")))
    katas, attempts = len(finish.statuses), finish.attempts
    parts = [f"{katas} kata" + "s" * (katas != 1), f"{attempts} attempt" + "s" * (attempts != 1)]
    parts.append(f"{finish.hints} hint" + "s" * (finish.hints != 1) if finish.hints else "no hint")
    yield from page.hanging("  ", page.parts(*map(Text, parts)))
    if finish.then:
        ahead = f"Next track: {finish.then.title}, {finish.then.passed} of {finish.then.total} done."
        yield from page.hanging("  ", page.text(ahead))
