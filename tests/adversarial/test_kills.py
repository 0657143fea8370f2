"""Whoever of a check is killed, the check ends with the verdict that it deserves, and nothing is left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.adversarial, pytest.mark.engine]
ROUNDS = 6  # `python -m tests.adversarial.kills` plays as many as one likes


def test_checks_outlive_those_who_judge_them() -> None:
    """Rounds in which server, judge, sandbox or command is struck end as they must."""
    command = [sys.executable, "-m", "tests.adversarial.kills", "--rounds", str(ROUNDS), "--seed", "3"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
