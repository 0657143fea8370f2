"""`mlkata demo`."""

from __future__ import annotations

from typing import Any

import click

from ..practice.demo import Step, steps
from ..report import Status
from .options import Settings, common, kata_argument
from .signals import unwinding

SHOWN = "moe-topk"


@click.command()
@kata_argument
@common
def demo(settings: Settings, kata: str) -> None:
    """See the whole loop once: a starter, a wrong attempt with its diagnosis, a right one.

    It takes place in a workspace that vanishes; nothing of yours is touched.
    """
    from ..judging.client import judging

    catalog = settings.state().catalog
    found, happened = catalog.find(kata or SHOWN), []
    with unwinding(), judging() as judge:
        for number, step in enumerate(steps(catalog, found, judge)):
            if settings.json:
                happened.append(_as_json(step))
                continue
            if number and settings.screen.is_terminal and not settings.screen.plain:
                click.prompt("Enter goes on", default="", show_default=False, prompt_suffix=" ")
            _draw(settings, step)
    if settings.json:
        settings.screen.emit({"schema": "mlkata.demo/1", "steps": happened})
    else:
        settings.screen.say("Your turn: `mlkata start` begins the first kata.")


def _draw(settings: Settings, step: Step) -> None:
    from rich.padding import Padding
    from rich.rule import Rule

    from ..render.report import Story
    from ..render.solution import code_view

    kata, report = step.checked.kata, step.checked.report
    draw = settings.screen.draw
    draw(Rule(step.title, align="left"))
    draw(Padding(code_view(step.snippet), (1, 2)))
    settings.screen.say(f"$ {step.command}\n")
    draw(
        Story(
            report=report,
            title=kata.facts.title,
            file=step.checked.path.name,
            hints_shown=0,
            hints_total=len(kata.hints),
            is_starter=report.status is Status.INCOMPLETE,
        ).view()
    )
    settings.screen.say()


def _as_json(step: Step) -> dict[str, Any]:
    return {"title": step.title, "code": step.code, "report": step.checked.report.to_json()}
