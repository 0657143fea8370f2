"""`mlkata cards export`: cards for Anki and for Obsidian."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..commands import LazyGroup
from ..messages import closing_notices, counted, short
from ..options import Settings, common, complete_deck

if TYPE_CHECKING:
    from ...cards.anki.export import AnkiExport
    from ...cards.obsidian.export import ObsidianExport
    from ...course.library import Library

_SCHEMA = "mlkata.cards-export/1"


COMMANDS = {
    "anki": ("ml_katas.cli.cards.export:anki", "A file that Anki opens."),
    "obsidian": ("ml_katas.cli.cards.export:obsidian", "Notes in a vault of Obsidian."),
}


@click.group(name="export", cls=LazyGroup, table=COMMANDS)
def group() -> None:
    """Write cards for Anki or Obsidian; a later export updates them there."""


def _deck_option(function: Callable[..., Any]) -> Callable[..., Any]:
    says = "Only this deck; give it again for more."
    return click.option(
        "--deck", "decks", multiple=True, metavar="NAME", shell_complete=complete_deck, help=says
    )(function)


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.apkg")
@_deck_option
@click.option("--with-schedule", is_flag=True, help="With what you remember: due days, intervals, reviews.")
@common
def anki(settings: Settings, file: Path, decks: tuple[str, ...], with_schedule: bool) -> None:
    """Write a file that Anki opens: cards, pictures, tags, a tree of decks.

    Import a later file over an earlier one: cards are updated and keep their reviews.
    """
    from ...cards.anki.export import export_to_anki
    from ...cards.plan import library_of

    with settings.state() as state, closing_notices(settings.screen, state):
        library = library_of(state)
        done = export_to_anki(state, library, file, decks, with_schedule=with_schedule)
    problems = _problems(settings, library, decks)
    if settings.json:
        settings.screen.emit(_anki_as_json(done) | {"problems": problems})
        return
    settings.screen.say(_anki_in_words(done))
    if with_schedule:
        settings.screen.say(
            f"{counted(done.scheduled, 'card')} with your schedule:"
            " Anki takes it for cards that are new to it, if you import the learning progress too."
        )
    for sentence in done.missing:
        settings.screen.note(sentence)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@_deck_option
@click.option(
    "--style",
    type=click.Choice(["callouts", "spaced-repetition"]),
    default=None,
    help="Cards that unfold, or those of the plugin Spaced Repetition; by default as DIR has them.",
)
@common
def obsidian(settings: Settings, folder: Path, decks: tuple[str, ...], style: str | None) -> None:
    """Write notes into a vault, or a folder of one; a later export updates the cards in them.

    What you write there stays: your own cards, your changes to ours, the schedules of plugins.
    """
    from ...cards.obsidian.export import export_to_obsidian
    from ...cards.obsidian.note import Style
    from ...cards.plan import library_of

    with settings.state() as state, closing_notices(settings.screen, state):
        library = library_of(state)
        done = export_to_obsidian(library, folder, decks, Style(style) if style else None)
    problems = _problems(settings, library, decks)
    if settings.json:
        settings.screen.emit(_obsidian_as_json(done) | {"problems": problems})
        return
    for line in _obsidian_in_words(done):
        settings.screen.say(line)
    for sentence in done.skipped:
        settings.screen.note(sentence)


def _obsidian_in_words(done: ObsidianExport) -> Iterator[str]:
    kinds = Counter(change.kind for change in done.changes)
    said = [f"{kinds[kind]} {kind}" for kind in ("added", "updated", "unchanged") if kinds[kind]]
    pictures = f"; {counted(len(done.pictures), 'picture')} written" if done.pictures else ""
    yield f"{short(done.folder)}: {counted(len(done.changes), 'card')}: {', '.join(said)}{pictures}."
    for change in done.changes:
        if change.kind == "updated":
            yield f"  updated  {short(change.path)}:{change.line}  {change.card}"
    for change in done.changes:
        if change.kind == "kept":
            also = "; the deck has a newer version" if change.outdated else ""
            yield f"  kept     {short(change.path)}:{change.line}  {change.card}: you changed it{also}"
    for path in done.kept_pictures:
        yield f"  kept     {short(path)}: you changed it"


def _obsidian_as_json(done: ObsidianExport) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "format": "obsidian",
        "style": done.style.value,
        "path": str(done.folder),
        "decks": list(done.decks),
        "changes": [{**vars(change), "path": str(change.path)} for change in done.changes],
        "pictures": [str(path) for path in done.pictures],
        "kept_pictures": [str(path) for path in done.kept_pictures],
        "skipped": list(done.skipped),
    }


def _problems(settings: Settings, library: Library, decks: tuple[str, ...]) -> list[str]:
    """Return what is wrong with decks that could not be read, and say it, unless other decks were named."""
    problems = [] if decks else [str(problem) for problem in library.problems]
    for problem in problems if not settings.json else ():
        settings.screen.note(problem)
    return problems


def _anki_in_words(done: AnkiExport) -> str:
    news = f"{done.added} new and {done.changed} changed since the last export"
    pictures = f", {counted(done.pictures, 'picture')}" if done.pictures else ""
    decks = counted(len(done.decks), "deck")
    return f"{short(done.path)}: {counted(done.cards, 'card')} in {decks}{pictures}; {news}."


def _anki_as_json(done: AnkiExport) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "format": "anki",
        "path": str(done.path),
        "decks": list(done.decks),
        "cards": done.cards,
        "added": done.added,
        "changed": done.changed,
        "scheduled": done.scheduled,
        "pictures": done.pictures,
        "missing": list(done.missing),
    }
