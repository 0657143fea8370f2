"""`mlkata solution`."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from ..practice.solution import Answer, unlocked_solution
from .messages import closing_notices
from .options import Settings, common, kata_argument


@click.command()
@kata_argument
@click.option("--diff", is_flag=True, help="Beside your own file; one below the other on a narrow screen.")
@click.option("--give-up", is_flag=True, help="Show it before you have passed; it is remembered.")
@common
def solution(settings: Settings, kata: str, diff: bool, give_up: bool) -> None:
    """Show the solution of KATA and further reading, once you have passed it."""
    with settings.state() as state, closing_notices(settings.screen, state):
        answer = unlocked_solution(state, kata, give_up=give_up, compare=diff)
    if settings.json:
        settings.screen.emit(_as_json(answer))
    elif settings.screen.plain and diff:
        settings.screen.say(answer.diff or "Yours is the solution, letter by letter.")
    else:
        _draw(settings, answer)


def _draw(settings: Settings, answer: Answer) -> None:
    from ..render.solution import comparison_view, solution_view

    if answer.yours is None and not settings.screen.is_shown:
        click.echo(answer.solution, nl=False)  # into a file: Python, nothing else
    elif answer.yours is None:
        settings.screen.draw(solution_view(answer.kata, answer.solution))
    else:
        settings.screen.draw(comparison_view(answer.kata, answer.yours, answer.solution))
    if answer.gave_up:
        settings.screen.note("\nClose this, wait a little, then write it yourself: `mlkata check`.")


def _as_json(answer: Answer) -> dict[str, Any]:
    return {
        "schema": "mlkata.solution/1",
        "kata": answer.kata.slug,
        "solution": answer.solution,
        "gave_up": answer.gave_up,
        "yours": answer.yours,
        "diff": None if answer.yours is None else answer.diff,
        "references": [dataclasses.asdict(reference) for reference in answer.kata.facts.references],
    }
