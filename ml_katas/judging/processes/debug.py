"""One check of a suite on its solution, in the foreground: with what it prints, and with a debugger.

Only for the author, whose code all of it is: nothing is confined here.
"""

from __future__ import annotations

import contextlib
import os
import pdb
import sys
import traceback
import types
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from ...course.kata import Kata, Limits
from ...report import Status
from ..run.session import CannotCollect, Session
from ..run.submission import Submission
from ..run.submission_module import stand_in_module
from ..run.suite_run import SuiteRun, check_name
from ..run.supervisor import Supervisor
from ..sandbox.providers import Forked, Spawned

_LIMITS = Limits(total_seconds=60, check_seconds=30)


def main() -> None:
    """Run as `python -m ml_katas.judging.processes.debug FOLDER CHECK [--show-output] [--pdb]`."""
    sys.dont_write_bytecode = True
    torch.set_num_threads(1)
    folder, name, *flags = sys.argv[1:]
    kata = Kata.load(Path(folder))
    facts = kata.facts
    submission = Submission(kata.solution.read_bytes(), "solution.py", facts.entry_points, facts.avoid)
    sys.modules["submission"] = stand_in_module(facts.entry_points)
    supervisor = Supervisor(Forked() if sys.platform == "linux" else Spawned(), submission, _LIMITS, [])
    run = SuiteRun(supervisor, kata.suite, "1", on_check=lambda result: None)
    passed = [_passes(run, item, flags) for item in _collected(kata.suite.path) if check_name(item) == name]
    supervisor.put_away()
    os._exit(0 if passed and all(passed) else 1)


def _collected(suite: Path) -> Sequence[pytest.Item]:
    try:
        return Session().collect(suite)
    except CannotCollect as error:
        print(f"{suite}: pytest cannot read this suite: {error}", flush=True)
        os._exit(1)


def _passes(run: SuiteRun, item: pytest.Item, flags: list[str]) -> bool:
    with contextlib.nullcontext() if flags else _silence():
        status, failure = run.run_item(item, None)
    print(f"{item.name}: {status}" + (f": {failure.message}" if failure else ""), flush=True)
    if run.error is not None:
        traceback.print_exception(run.error)
        if "--pdb" in flags:
            pdb.post_mortem(_in_suite(run.error, item.path))
    return status is Status.PASSED


def _in_suite(error: BaseException, suite: Path) -> types.TracebackType | None:
    """Return the traceback of *error* down to the last line of the suite itself."""
    trace = error.__traceback__
    last = trace
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(suite):
            last = trace
        trace = trace.tb_next
    if last is not None:
        last.tb_next = None
    return last


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Let nothing of what the suite prints be seen."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


if __name__ == "__main__":
    main()
