"""How long a check takes: warm and cold, beside plain pytest and beside the floor."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path
from typing import Any

from ml_katas.course.catalog import Catalog
from ml_katas.course.kata import Kata

from .timing import MLKATA, PYTHON, command, interleaved, table

# What the suite asks of the engine, answered in the process of a plain pytest.
_CONFTEST = """
import torch
from ml_katas.judging.run import submission_module

class Here:
    def peer(self): return self
    def ask(self, op, values): return bytes(torch.get_rng_state().numpy())
    def seed(self, seed): torch.manual_seed(seed)

submission_module.current = Here()
"""


def measure(rounds: int) -> None:
    """Print the whole command, warm and cold, beside the honest alternatives."""
    kata = Catalog.load(None).find("moe-topk")
    with tempfile.TemporaryDirectory() as folder:
        workspace = _workspace(Path(folder), kata)
        plain = _plain_pytest(Path(folder), kata)
        floor = _Floor(kata)
        runs = {
            "python -c pass": command(PYTHON, "-c", "pass"),
            "import click": command(PYTHON, "-c", "import click"),
            "fork, load, the same calls": floor.run,
            "mlkata check, warm": command(*MLKATA, "check", cwd=workspace),
        }
        runs["mlkata check, warm"]()
        warm = interleaved(runs, rounds)
        slow = {
            "pytest on the same suite": command(
                PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(plain), cwd=plain
            ),
            "mlkata check --cold": command(*MLKATA, "check", cwd=workspace, MLKATA_COLD="1"),
        }
        cold = interleaved(slow, max(3, rounds // 4))
    rows = [(name, value, "ms") for name, value in {**warm, **cold}.items()]
    least = warm["import click"] + warm["fork, load, the same calls"]
    rows.insert(3, ("the floor: import click + those calls", least, "ms"))
    table("A check of moe-topk", rows, rows[3][0], {"mlkata check, warm": "3.00 ×, and 150 ms idle"})
    times = cold["pytest on the same suite"] / warm["mlkata check, warm"]
    print(f"  cold pytest / warm check: {times:.1f} ×   budget 10 ×")


def _workspace(folder: Path, kata: Kata) -> Path:
    workspace = folder / "workspace"
    workspace.mkdir()
    subprocess.run([*MLKATA, "start", kata.slug], cwd=workspace, check=True, capture_output=True)
    (workspace / kata.file_name).write_bytes(kata.solution.read_bytes())
    return workspace


def _plain_pytest(folder: Path, kata: Kata) -> Path:
    """Return a folder where plain pytest runs the suite with the solution in its own process."""
    plain = folder / "plain"
    plain.mkdir()
    (plain / "submission.py").write_bytes(kata.solution.read_bytes())
    (plain / "test_suite.py").write_bytes(kata.suite.path.read_bytes())
    (plain / "conftest.py").write_text(_CONFTEST)
    return plain


class _Floor:
    """What no check can do without: a fork of a warm process that loads the file and makes the same calls."""

    def __init__(self, kata: Kata) -> None:
        import torch

        from ml_katas.judging.processes import warmup

        torch.set_num_threads(1)
        warmup.warm_up()
        self._source = kata.solution.read_bytes()
        self._calls = _recorded_calls(kata)

    def run(self) -> float:
        started = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            scope: dict[str, Any] = {}
            exec(compile(self._source, "solution.py", "exec"), scope)
            for args, kwargs in self._calls:
                scope["top_k_gating"](*args, **kwargs)
            os._exit(0)
        os.waitpid(pid, 0)
        return 1000 * (time.perf_counter() - started)


def _recorded_calls(kata: Kata) -> list[tuple[Any, Any]]:
    """Return the arguments of every call that the suite makes, recorded from a run in this process."""
    import pytest

    calls: list[tuple[Any, Any]] = []
    scope: dict[str, Any] = {}
    exec(kata.solution.read_text(), scope)

    def record(*args: Any, **kwargs: Any) -> Any:
        calls.append(copy.deepcopy((args, kwargs)))
        return scope["top_k_gating"](*args, **kwargs)

    module = types.ModuleType("submission")
    module.top_k_gating = record  # type: ignore[attr-defined]
    sys.modules["submission"] = module
    with tempfile.TemporaryDirectory() as folder:
        plain = _plain_pytest(Path(folder), kata)
        (plain / "submission.py").unlink()
        code = pytest.main(["-p", "no:cacheprovider", "-p", "no:terminal", f"--rootdir={plain}", str(plain)])
    if code:
        raise SystemExit("the suite does not pass under plain pytest")
    return calls
