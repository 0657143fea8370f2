"""`mlkata author preview`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import click

from ...authoring.preview import MutantPreview, chosen, previews
from ...course.kata import Kata, Mutant
from ...course.starters import render_starter
from ..messages import counted, short
from ..options import Settings, bare_option, common, complete_kata


@click.command("preview", short_help="What learners will see of a kata.")
@click.argument("kata", metavar="KATA", shell_complete=complete_kata)
@click.option("--mutant", default="", metavar="NAME", help="Only what a learner sees who makes this mistake.")
@bare_option
@common
def preview(settings: Settings, kata: str, mutant: str, bare: bool | None) -> None:
    """Show what learners will see of KATA: brief, starter, a screen for each mutant, hints, cards.

    A remark says where a mutant's docstring is not what the learner is told.
    """
    with settings.state() as state:
        found = state.catalog.find(kata)
    mutants = chosen(found, mutant)
    starter = "" if mutant else render_starter(found, bare=settings.bare(bare))
    if settings.json:
        settings.screen.emit(_as_json(settings, found, mutants, starter))
    elif mutant:
        _draw_screens(settings, found, mutants)
    else:
        _draw(settings, found, mutants, starter)


def _draw(settings: Settings, kata: Kata, mutants: tuple[Mutant, ...], starter: str) -> None:
    from ...render.brief import brief_view, hint_view
    from ...render.solution import code_view

    _headline(settings, f"the brief: mlkata show {kata.slug}")
    settings.screen.draw(brief_view(kata))
    _headline(settings, f"the starter: {kata.file_name}")
    settings.screen.draw(code_view(starter))
    _draw_screens(settings, kata, mutants)
    _headline(settings, "the hints: mlkata hint")
    for number in range(1, len(kata.hints) + 1):
        settings.screen.draw(hint_view(kata, number))
        settings.screen.say()
    _headline(settings, "the cards")
    _draw_cards(settings, kata)


def _draw_screens(settings: Settings, kata: Kata, mutants: tuple[Mutant, ...]) -> None:
    from ...render.report import report_view

    hints = len(kata.hints)
    for number, screen in enumerate(_judged(settings, kata, mutants), 1):
        place = f"{number} of {len(mutants)}" if len(mutants) > 1 else "mlkata check"
        _headline(settings, f"the mistake {screen.mutant.name}: {place}")
        view = report_view(
            screen.report, title=kata.facts.title, file=kata.file_name, hints_shown=0, hints_total=hints
        )
        settings.screen.draw(view)
        if screen.remark:
            settings.screen.say(f"\nFor the author: {short(screen.mutant.path)}: {screen.remark}")


def _judged(settings: Settings, kata: Kata, mutants: tuple[Mutant, ...]) -> Iterator[MutantPreview]:
    """Yield the screens as they come, and say on a terminal that they are waited for."""
    from ...judging.client import judging

    with judging() as judge:
        screens = previews(kata, mutants, judge)
        while True:
            with settings.screen.working(f"judging {counted(len(mutants), 'mutant')} ..."):
                screen = next(screens, None)
            if screen is None:
                return
            yield screen


def _draw_cards(settings: Settings, kata: Kata) -> None:
    from ...render.prose import Prose

    for card in kata.deck.cards:
        settings.screen.draw(Prose(f"**{card.question}**\n\n{card.answer}"))
        settings.screen.say()


def _headline(settings: Settings, text: str) -> None:
    from rich.rule import Rule

    settings.screen.say()
    settings.screen.draw(Rule(text, align="left"))
    settings.screen.say()


def _as_json(settings: Settings, kata: Kata, mutants: tuple[Mutant, ...], starter: str) -> dict[str, Any]:
    judged = [_screen_as_json(screen) for screen in _judged(settings, kata, mutants)]
    answer: dict[str, Any] = {"schema": "mlkata.author-preview/1", "kata": kata.slug}
    if starter:
        answer |= {"brief": kata.brief, "starter": starter}
        answer |= {"hints": [dataclasses.asdict(hint) for hint in kata.hints]}
        answer |= {"cards": [dataclasses.asdict(card) for card in kata.deck.cards]}
    return answer | {"mutants": judged}


def _screen_as_json(screen: MutantPreview) -> dict[str, Any]:
    name, path = screen.mutant.name, str(screen.mutant.path)
    return {"mutant": name, "path": path, "remark": screen.remark, "report": screen.report.to_json()}
