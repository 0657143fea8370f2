"""`mlkata doctor`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import click

from ..config import DEFAULTS
from ..doctor import HealthCheck, examine
from ..errors import InvalidConfig
from .messages import closing_notices
from .options import Settings, common


@click.command()
@common
def doctor(settings: Settings) -> int:
    """Show what works on this machine, what does not, and the command that fixes it.

    Exit code 3: no kata can be judged here.
    """
    settings, broken = _readable(settings)
    screen = settings.screen
    colour = f"{'on' if screen.colour.on else 'off'}, because {screen.colour.because}"
    with settings.state() as state, closing_notices(screen, state), screen.working("trying a check ..."):
        findings = (*examine(state, colour=colour, encoding=screen.encoding), *broken)
    if settings.json:
        screen.emit(_as_json(findings))
    else:
        for line in _lines(findings):
            screen.say(line)
    return 3 if any(finding.is_needed for finding in findings) else 0


def _readable(settings: Settings) -> tuple[Settings, tuple[HealthCheck, ...]]:
    """Return the settings, or the defaults and what is wrong with the files."""
    try:
        _ = settings.config
    except InvalidConfig as error:
        finding = HealthCheck(name="settings", works=False, says=error.message, fix=error.next_step)
        return dataclasses.replace(settings, given=DEFAULTS), (finding,)
    return settings, ()


def _lines(findings: tuple[HealthCheck, ...]) -> Iterator[str]:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        mark = "ok" if finding.works else "!!"
        yield f"{mark}  {finding.name.ljust(width)}  {finding.says}"
        if finding.fix:
            yield f"    {' ' * width}  {finding.fix}"


def _as_json(findings: tuple[HealthCheck, ...]) -> dict[str, Any]:
    return {
        "schema": "mlkata.doctor/1",
        "works": all(finding.works for finding in findings),
        "findings": [dataclasses.asdict(finding) for finding in findings],
    }
