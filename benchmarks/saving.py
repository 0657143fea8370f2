"""How long a learner waits after a save: from the write to the verdict that `mlkata watch` draws."""

from __future__ import annotations

import os
import pty
import re
import select
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from ml_katas.course.catalog import Catalog
from ml_katas.course.kata import Kata

from .timing import ENVIRONMENT, MLKATA

BUDGET_MS = 100
_VERDICT = re.compile(r"of \d+ checks")
_REST = 1.0


def measure(rounds: int) -> None:
    """Print the time from save to verdict."""
    kata = Catalog.load(None).find("moe-topk")
    with tempfile.TemporaryDirectory() as folder:
        path = _started(Path(folder), kata)
        watching = _Watching(Path(folder))
        try:
            watching.read(_VERDICT, 60)
            times = [_saved(watching, path, kata, number) for number in range(rounds)]
        finally:
            watching.end()
    median = statistics.median(times)
    print(f"\nWatch, moe-topk\n  {'save to verdict':<44} {median:9.1f} ms   budget {BUDGET_MS} ms")


def _started(folder: Path, kata: Kata) -> Path:
    subprocess.run(
        [*MLKATA, "start", kata.slug], cwd=folder, check=True, capture_output=True, env=ENVIRONMENT
    )
    path = folder / kata.file_name
    path.write_bytes(kata.solution.read_bytes())
    return path


def _saved(watching: _Watching, path: Path, kata: Kata, number: int) -> float:
    watching.read(None, _REST)  # what belongs to the save before, and a learner thinks longer than that
    started = time.perf_counter()
    path.write_bytes(kata.solution.read_bytes() + f"# save {number}\n".encode())
    watching.read(_VERDICT, 20)
    return 1000 * (time.perf_counter() - started)


class _Watching:
    """`mlkata watch` in a pseudo-terminal."""

    def __init__(self, folder: Path) -> None:
        self._screen, terminal = pty.openpty()
        self._process = subprocess.Popen(
            [*MLKATA, "watch"], cwd=folder, stdin=terminal, stdout=terminal, stderr=terminal, env=ENVIRONMENT
        )
        os.close(terminal)

    def read(self, awaited: re.Pattern[str] | None, seconds: float) -> None:
        """Read what is drawn until *awaited* is there; without one for so many seconds."""
        seen, until = "", time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._screen], [], [], left)[0]:
                seen += os.read(self._screen, 1 << 16).decode("utf-8", "replace")
                if awaited and awaited.search(seen):
                    return
        if awaited:
            raise SystemExit(f"no verdict was drawn; the screen says:\n{seen}")

    def end(self) -> None:
        os.write(self._screen, b"q")
        self._process.wait(10)
