"""What the resident server takes: memory at rest, memory of one more check, and nothing that stays behind."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from ml_katas.course.catalog import Catalog
from ml_katas.course.kata import Kata
from ml_katas.judging import server
from ml_katas.judging.client import judging
from ml_katas.judging.protocol import request

CHECKS = 100
_SLEEPER = b"import time\ndef top_k_gating(token_embeddings, gating_network, k=2):\n    time.sleep(2)\n"


def measure() -> None:
    """Print memory, processor time and leaks of the server."""
    kata = Catalog.load(None).find("moe-topk")
    with judging() as judge:
        judge(request(kata, kata.solution.read_bytes(), file_name="moe_topk.py"))
        running = server.find()
        assert running is not None
        pid = running.pid
        time.sleep(1.0)  # the processes of that check end after its verdict
        print("\nThe server")
        print(f"  memory at rest (PSS)                 {_pss([pid]):9.1f} MiB")
        _one_more_check(kata, judge, pid)
        time.sleep(3.0)
        _at_rest(pid)
        before = _facts(pid)
        for _ in range(CHECKS):
            judge(request(kata, kata.solution.read_bytes(), file_name="moe_topk.py"))
        time.sleep(0.5)
        print(f"  before {CHECKS} checks: {before}\n  after {CHECKS} checks:  {_facts(pid)}")


def _one_more_check(kata: Kata, judge: object, pid: int) -> None:
    rest = _pss([pid])
    sleeper = threading.Thread(target=judge, args=(kata, _SLEEPER), kwargs={"file_name": "moe_topk.py"})  # type: ignore[arg-type]
    sleeper.start()
    time.sleep(1.0)
    grown = _pss([pid, *_descendants(pid)]) - rest
    sleeper.join()
    print(f"  one more check (sum of PSS grows by) {grown:9.1f} MiB   budget 30 MiB")


def _at_rest(pid: int) -> None:
    used = _cpu_seconds(pid)
    time.sleep(2.0)
    print(f"  processor time in 2 s of rest        {1000 * (_cpu_seconds(pid) - used):9.1f} ms   budget 0")


def _facts(pid: int) -> str:
    files = len(os.listdir(f"/proc/{pid}/fd"))
    return f"{len(_descendants(pid))} children, {files} open files, {_pss([pid]):.1f} MiB"


def _pss(pids: list[int]) -> float:
    kib = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kib += int(line.split()[1])
    return kib / 1024


def _descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [int(child) for child in children]
    return found + [below for child in found for below in _descendants(child)]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
