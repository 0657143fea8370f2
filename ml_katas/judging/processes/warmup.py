"""First uses of torch and pytest, made in the parent so that children find them done.

With one thread only: a child of a process that computed with more hangs in its first operation.
"""

from __future__ import annotations

from pathlib import Path

import torch

from ...course.suite import Suite
from ..boundary.rehearsal import rehearse
from ..run.session import Session, run_item


def warm_up() -> None:
    """Run a little of everything that suites and submissions commonly use."""
    rehearse(lambda: True)
    _warm_training()
    rehearse_suite(Session())


def _warm_training() -> None:
    parameter = torch.nn.Parameter(torch.randn(3))
    for kind in (torch.optim.SGD, torch.optim.AdamW):
        optimizer = kind([parameter], lr=0.1)
        parameter.sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def rehearse_suite(session: Session) -> None:
    """Have pytest collect and run a suite; *session* can do so with another one afterwards."""
    path = Path(__file__).with_name("rehearsal_suite.py")
    checks = Suite.load(path)
    for item in session.collect(checks.path):
        run_item(item, None)
    session.finish()
