"""`mlkata replay`: the failing calls once more, with prints and a debugger."""

from __future__ import annotations

import subprocess
import sys

import click

from .messages import closing_notices
from .options import Settings, common, kata_argument, refuse_json, with_solutions_option


@click.command()
@kata_argument
@click.option("--pdb", is_flag=True, help="Stop in the debugger where your code raises.")
@with_solutions_option
@common
def replay(settings: Settings, kata: str, pdb: bool, with_solutions: bool) -> int:
    """Make the calls of the first failing check again, in this terminal, without judging them.

    Each call is shown with its numbers, and at the end what was expected. Prints, `breakpoint()` and --pdb
    work as in any program of yours; nothing is confined.
    """
    refuse_json(settings, "replay", "your code writes to the terminal")
    from ..judging.client import judging
    from ..judging.launch import anonymous_file
    from ..practice.replay import recording_of
    from ..render.failure import failure_view

    with settings.state() as state, closing_notices(settings.screen, state):
        with settings.screen.working("checking ..."), judging() as judge:
            recording = recording_of(state, kata, judge=judge, with_solutions=with_solutions)
        settings.screen.note(f"Replaying: {recording.check.sentence}.")
    with anonymous_file("mlkata-frames") as frames:
        frames.write(recording.frames)
        frames.seek(0)
        command = [
            sys.executable,
            "-P",
            "-m",
            "ml_katas.judging.processes.replay",
            f"/dev/fd/{frames.fileno()}",
            str(recording.path),
            *(["--pdb"] if pdb else []),
        ]
        code = subprocess.run(command, pass_fds=[frames.fileno()], check=False).returncode
    settings.screen.say()
    settings.screen.draw(failure_view(recording.check, file=recording.path.name))
    return code
