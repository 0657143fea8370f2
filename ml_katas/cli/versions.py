"""`mlkata history`, `mlkata restore` and `mlkata reset`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from ..cards.katas import due_katas
from ..errors import UsageError
from ..practice import versions
from ..practice.versions import History, Kept, Replaced
from .messages import closing_notices, short
from .options import Settings, bare_option, common, kata_argument, number_argument, with_number


@click.command()
@kata_argument
@number_argument
@click.option("--diff", is_flag=True, help="What differs from your file as it is now.")
@common
def history(settings: Settings, kata: str, number: str, diff: bool) -> None:
    """Show the kept versions of your file for KATA: each that was checked, reset or replaced.

    With N: what that version holds. Your file stays as it is.
    """
    kata, wanted = with_number(kata, number, "version", "history")
    if wanted is not None:
        _show_version(settings, kata, wanted, diff=diff)
        return
    if diff:
        raise UsageError("--diff needs the number of a version.", "`mlkata history` shows them.")
    with settings.state() as state, closing_notices(settings.screen, state):
        found = versions.history(state, kata)
    if settings.json:
        settings.screen.emit(_history_as_json(found))
        return
    from ..render.versions import history_view

    settings.screen.draw(history_view(found))


@click.command()
@kata_argument
@number_argument
@common
def restore(settings: Settings, kata: str, number: str) -> None:
    """Bring back version N of your file for KATA; what the file holds now is kept first.

    Without N: the newest version that differs from the file.
    """
    kata, wanted = with_number(kata, number, "version", "history")
    with settings.state() as state, closing_notices(settings.screen, state):
        done = versions.restore(state, kata, wanted)
    _say(settings, "restore", done)


@click.command()
@kata_argument
@bare_option
@common
def reset(settings: Settings, kata: str, bare: bool | None) -> None:
    """Put the starter in the place of your file for KATA, which is kept first.

    A kata that is due is done again by that, as by `mlkata next`.
    """
    with settings.state() as state, closing_notices(settings.screen, state):
        due = [found.slug for found in due_katas(state)]
        done = versions.reset(state, kata, bare=settings.bare(bare), due=due)
    _say(settings, "reset", done)


def _show_version(settings: Settings, kata: str, number: int, *, diff: bool) -> None:
    with settings.state() as state, closing_notices(settings.screen, state):
        found = versions.held(state, kata, number)
    if settings.json:
        settings.screen.emit(
            {
                "schema": "mlkata.version/1",
                "kata": found.kata.slug,
                "number": number,
                "text": found.text,
                "diff": found.diff if diff else None,
            }
        )
    elif diff:
        settings.screen.say(found.diff or f"Your file is version {number}, letter by letter.")
    elif not settings.screen.is_shown:
        click.echo(found.text, nl=False)  # into a file: Python, nothing else
    else:
        from ..render.solution import code_view

        settings.screen.draw(code_view(found.text))


def _say(settings: Settings, command: str, done: Replaced) -> None:
    if settings.json:
        settings.screen.emit(_replaced_as_json(command, done))
        return
    for line in _lines(done):
        settings.screen.say(line)


def _lines(done: Replaced) -> Iterator[str]:
    name = short(done.path)
    what = f"version {done.restored.number}" if done.restored else "the starter"
    yield f"{name} is {what} again." if done.changed else f"{name} is {what} already."
    if done.kept:
        slug, number = done.kata.slug, done.kept.number
        yield f"Yours is kept as version {number}: `mlkata restore {slug} {number}` brings it back."


def _replaced_as_json(command: str, done: Replaced) -> dict[str, Any]:
    return {
        "schema": f"mlkata.{command}/1",
        "kata": done.kata.slug,
        "path": str(done.path),
        "changed": done.changed,
        "kept": done.kept.number if done.kept else None,
        "restored": done.restored.number if done.restored else None,
    }


def _history_as_json(found: History) -> dict[str, Any]:
    return {
        "schema": "mlkata.history/1",
        "kata": found.kata.slug,
        "path": str(found.path),
        "unkept": found.is_unkept,
        "versions": [_version_as_json(kept) for kept in found.kept],
    }


def _version_as_json(kept: Kept) -> dict[str, Any]:
    attempt = kept.attempt
    return {
        "number": kept.version.number,
        "at": kept.version.at.isoformat(),
        "path": str(kept.version.path),
        "current": kept.is_current,
        "status": attempt.status if attempt else None,
        "passed": attempt.passed if attempt else None,
        "total": attempt.total if attempt else None,
        "replayed": bool(attempt.replayed) if attempt else None,
    }
