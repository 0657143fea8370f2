"""`mlkata author`: what those who write katas need."""

from __future__ import annotations

import click

from ..commands import LazyGroup

COMMANDS = {
    "new": ("ml_katas.cli.author.new:new", "Begin a kata: a whole folder, with TODO marks."),
    "check": ("ml_katas.cli.author.check:check", "Prove katas: right answers pass, wrong ones fail."),
    "mistake": ("ml_katas.cli.author.mistake:mistake", "A wrong submission becomes a known mistake."),
    "preview": ("ml_katas.cli.author.preview:preview", "What learners will see of a kata."),
}


@click.group(name="author", cls=LazyGroup, table=COMMANDS)
def group() -> None:
    """Write katas and prove their suites."""
