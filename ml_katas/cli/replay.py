"""`mlkata replay`: the failing calls once more, with prints and a debugger."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click

from .options import Settings, common, kata_argument
from .saying import closing_notices


@click.command()
@kata_argument
@click.option("--pdb", is_flag=True, help="Stop in the debugger where your code raises.")
@common
def replay(settings: Settings, kata: str, pdb: bool) -> int:
    """Make the calls of the first failing check again, in this terminal, without judging them.

    Prints, `breakpoint()` and --pdb work as in any program of yours; nothing is confined.
    """
    from ..replaying import record

    with settings.desk() as desk, closing_notices(settings.screen, desk):
        with settings.screen.working("checking ..."):
            recording = record(desk, kata)
        settings.screen.note(f"Replaying: {recording.check.sentence}.")
    with tempfile.TemporaryDirectory(prefix="mlkata-replay-") as folder:
        frames = Path(folder, "frames")
        frames.write_bytes(recording.frames)
        command = [sys.executable, "-P", "-m", "ml_katas.judging.replaying", str(frames), str(recording.path)]
        return subprocess.run([*command, *(["--pdb"] if pdb else [])], check=False).returncode
