"""`python -m benchmarks.confinement`: what the confinement adds to a sandbox until its first answer."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import socket
import time
from collections.abc import Callable

import torch

from ml_katas.judging.boundary.frames import Channel
from ml_katas.judging.boundary.judge_side import JudgePeer
from ml_katas.judging.processes import warmup
from ml_katas.judging.sandbox.confinement import Confinement
from ml_katas.judging.sandbox.process import become_sandbox

from .timing import interleaved, table

BUDGET_MS = 3.0
_LIMITS = {"cpu_seconds": 10, "memory_mib": 1024}
_LAYERS = {
    "limits and capabilities": (),
    "landlock": ("landlock",),
    "seccomp": ("seccomp",),
    "landlock, seccomp": ("landlock", "seccomp"),
    "namespaces, seccomp": ("namespaces", "seccomp"),
}


def measure(rounds: int) -> None:
    """Print the medians of all layers side by side."""
    bare = "no confinement"
    runs = {bare: _sandbox(None)}
    runs |= {name: _sandbox(Confinement.build(layers)) for name, layers in _LAYERS.items()}
    gc.collect()
    gc.freeze()
    found = interleaved(runs, rounds)
    rows = [(name, found[name], "ms") for name in runs]
    table("From fork to the first answer of a sandbox", rows, bare, {})
    added = found["landlock, seccomp"] - found[bare]
    print(f"  {'added by landlock and seccomp':<44} {added:9.1f} ms   budget {BUDGET_MS} ms")


def _sandbox(confinement: Confinement | None) -> Callable[[], float]:
    def run() -> float:
        ours, theirs = socket.socketpair()
        started = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            output = os.open(os.devnull, os.O_WRONLY)
            os._exit(become_sandbox(theirs.fileno(), output, _LIMITS, confinement))
        theirs.close()
        JudgePeer(Channel(ours, lambda: time.monotonic() + 10)).ask("generator", {})
        elapsed = 1000 * (time.perf_counter() - started)
        ours.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return elapsed

    return run


def main() -> None:
    """Measure with as many rounds as asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.confinement", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    given = parser.parse_args()
    torch.set_num_threads(1)
    warmup.warm_up()
    measure(given.rounds)


if __name__ == "__main__":
    main()
