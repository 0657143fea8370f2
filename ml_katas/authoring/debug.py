"""One check of a suite, run on the solution in the author's own terminal."""

from __future__ import annotations

from ..course.kata import Kata
from ..errors import UsageError
from ..support.spelling import nearest


def run_check(kata: Kata, name: str, *, show_output: bool, pdb: bool) -> bool:
    """Run the check called *name* (or the only one whose name holds it); return whether it passed.

    What happens is written to the terminal by the process that runs it.
    """
    import os
    import subprocess

    from ..judging.client import require_platform
    from ..judging.launch import python

    require_platform()
    flags = [flag for flag, is_on in (("--show-output", show_output), ("--pdb", pdb)) if is_on]
    command = python("ml_katas.judging.processes.debug", kata.folder.resolve(), _check(kata, name), *flags)
    return subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "0"}, check=False).returncode == 0


def _check(kata: Kata, name: str) -> str:
    names = kata.suite.names
    found = [name] if name in names else [known for known in names if name in known]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name!r} is in the names of {len(found)} checks: {', '.join(found)}.", "Name one.")
    near = nearest(name, names)
    raise UsageError(f"{kata.slug} has no check {name!r}.{near}", f"Its checks are: {', '.join(names)}.")
