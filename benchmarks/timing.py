"""Commands timed in turn, so that whatever the machine does meanwhile hits all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PYTHON = sys.executable
MLKATA = [str(Path(PYTHON).with_name("mlkata"))]  # as it is installed beside this Python
# A user's Python keeps the bytecode of what it imported.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def command(*words: str, cwd: Path | None = None, **env: str) -> Callable[[], float]:
    """Return what runs a command and gives its wall time in milliseconds; it must succeed."""

    def run() -> float:
        started = time.perf_counter()
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**ENVIRONMENT, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        elapsed = 1000 * (time.perf_counter() - started)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: {(done.stderr or done.stdout).decode()[-500:]}")
        return elapsed

    return run


def interleaved(runs: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Return the median of each run over *rounds* rounds, in which all take turns."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            taken[name].append(run())
    return {name: statistics.median(times) for name, times in taken.items()}


def table(title: str, rows: Sequence[tuple[str, float, str]], base: str, budget: dict[str, str]) -> None:
    """Print medians, their ratio to *base*, and the budget where there is one."""
    print(f"\n{title}")
    against = next(value for name, value, _ in rows if name == base)
    for name, value, unit in rows:
        note = f"   budget {budget[name]}" if name in budget else ""
        print(f"  {name:<44} {value:9.1f} {unit:<4} {value / against:6.2f} ×{note}")
