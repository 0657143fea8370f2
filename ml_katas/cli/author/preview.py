"""`mlkata author preview`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import click

from ...authoring.preview import MistakePreview, chosen, previews
from ...course.deck import Card, with_drawings
from ...course.kata import Kata
from ...course.mistakes import Mistake
from ...course.starters import render_starter
from ...judging.protocol import Module, solution_of
from ...support.records import record
from ..messages import counted, short
from ..options import Settings, bare_option, common, complete_kata


@click.command("preview")
@click.argument("kata", metavar="KATA", shell_complete=complete_kata)
@click.option("--mistake", default="", metavar="NAME", help="Only the screen of this mistake.")
@bare_option
@common
def preview(settings: Settings, kata: str, mistake: str, bare: bool | None) -> None:
    """Show what learners will see of KATA: brief, starter, a screen for each mistake, hints, cards.

    A remark says where learners read something other than a mistake's own sentences.
    """
    with settings.state() as state:
        found = state.catalog.find(kata)
        below = tuple(map(solution_of, state.catalog.foundation(found)))
    wanted = _Wanted(found, chosen(found, mistake), below)
    starter = "" if mistake else render_starter(found, bare=settings.bare(bare))
    if settings.json:
        settings.screen.emit(_as_json(settings, wanted, starter))
    elif mistake:
        _draw_screens(settings, wanted)
    else:
        _draw(settings, wanted, starter)


@record
class _Wanted:
    """What is to be shown: a kata and some of its mistakes, judged on this foundation."""

    kata: Kata
    mistakes: tuple[Mistake, ...]
    builds_on: tuple[Module, ...]


def _draw(settings: Settings, wanted: _Wanted, starter: str) -> None:
    from ...render.brief import brief_view, hint_view
    from ...render.solution import code_view

    kata = wanted.kata
    _headline(settings, f"the brief: mlkata show {kata.slug}")
    settings.screen.draw(brief_view(kata))
    _headline(settings, f"the starter: {kata.file_name}")
    settings.screen.draw(code_view(starter))
    _draw_screens(settings, wanted)
    _headline(settings, "the hints: mlkata hint")
    for number in range(1, len(kata.hints) + 1):
        settings.screen.draw(hint_view(kata, number))
        settings.screen.say()
    _headline(settings, "the cards")
    _draw_cards(settings, kata)


def _draw_screens(settings: Settings, wanted: _Wanted) -> None:
    from ...render.report import Story

    kata, count = wanted.kata, len(wanted.mistakes)
    hints = len(kata.hints)
    for number, screen in enumerate(_judged(settings, wanted), 1):
        place = f"{number} of {count}" if count > 1 else "mlkata check"
        _headline(settings, f"the mistake {screen.mistake.name}: {place}")
        view = Story(
            report=screen.report,
            title=kata.facts.title,
            file=kata.file_name,
            hints_shown=0,
            hints_total=hints,
        ).view()
        settings.screen.draw(view)
        if screen.remark:
            path, line = screen.mistake.path, screen.mistake.line
            settings.screen.say(f"\nFor the author: {short(path)}:{line}: {screen.remark}")


def _judged(settings: Settings, wanted: _Wanted) -> Iterator[MistakePreview]:
    """Yield the screens as they come, and say on a terminal that they are waited for."""
    from ...judging.client import judging

    with judging() as judge:
        screens = previews(wanted.kata, wanted.mistakes, judge, wanted.builds_on)
        while True:
            with settings.screen.working(f"judging {counted(len(wanted.mistakes), 'mistake')} ..."):
                screen = next(screens, None)
            if screen is None:
                return
            yield screen


def _draw_cards(settings: Settings, kata: Kata) -> None:
    from ...render.prose import Prose

    for card in kata.deck.cards:
        settings.screen.draw(Prose(f"**{card.question}**\n\n{with_drawings(card.answer)}"))
        if card.explanation:
            settings.screen.say()
            settings.screen.draw(Prose(with_drawings(card.explanation)))
        settings.screen.say()


def _headline(settings: Settings, text: str) -> None:
    from rich.rule import Rule

    settings.screen.say()
    settings.screen.draw(Rule(text, align="left"))
    settings.screen.say()


def _as_json(settings: Settings, wanted: _Wanted, starter: str) -> dict[str, Any]:
    kata = wanted.kata
    judged = [_screen_as_json(screen) for screen in _judged(settings, wanted)]
    answer: dict[str, Any] = {"schema": "mlkata.author-preview/1", "kata": kata.slug}
    if starter:
        answer |= {"brief": kata.brief, "starter": starter}
        answer |= {"hints": [dataclasses.asdict(hint) for hint in kata.hints]}
        answer |= {"cards": [_card_as_json(card) for card in kata.deck.cards]}
    return answer | {"mistakes": judged}


def _card_as_json(card: Card) -> dict[str, Any]:
    facts = {"id": card.id, "kind": card.kind.value, "question": card.question, "answer": card.answer}
    return facts | {"explanation": card.explanation}


def _screen_as_json(screen: MistakePreview) -> dict[str, Any]:
    name, path, line = screen.mistake.name, str(screen.mistake.path), screen.mistake.line
    report = screen.report.to_json()
    return {"mistake": name, "path": path, "line": line, "remark": screen.remark, "report": report}
