"""What each layer of the confinement stops: `python -m tests.adversarial --layers`.

The specimens that would do harm are left out wherever a layer is missing; the others leave at most files
called `escaped…`, which the proving ground notices.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ml_katas.report import Status

from .corpus import Specimen, hostile
from .ground import Outcome, ground

LAYERS = {
    "limits only": ("none",),
    "landlock": ("landlock",),
    "seccomp": ("seccomp",),
    "both": ("landlock", "seccomp"),
    "namespaces, seccomp": ("namespaces", "seccomp"),
}
THREATS = {
    1: "memory of the suite",
    2: "files",
    3: "other processes",
    4: "early exits",
    5: "exceptions for pytest",
    6: "patching pytest",
    7: "patching torch",
    8: "objects that lie",
    9: "forged verdicts",
    10: "forged frames",
    11: "pickles",
    12: "left-over memory",
    13: "inputs and seeds",
    14: "clocks",
    15: "hanging",
    16: "memory bombs",
    17: "processes, threads",
    18: "output",
    19: "damage to files",
    20: "network",
    21: "privileges",
    22: "rare system calls",
    23: "environment",
    24: "terminal",
    25: "the parser",
    27: "callbacks",
    28: "left-over state",
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.adversarial", description=__doc__)
    parser.add_argument("--layers", action="store_true", required=True, help="run the corpus once a layer")
    parser.parse_args()
    harmless = [specimen for specimen in hostile() if not specimen.needs_confinement]
    with ThreadPoolExecutor(2) as pool:
        successes = list(pool.map(lambda layers: _successes(layers, harmless), LAYERS.values()))
    console = Console(width=110)
    console.print(_table(harmless, successes))
    for name, found in zip(LAYERS, successes, strict=True):
        console.print(
            f"[bold]{name}[/]: {', '.join(specimen.name for specimen in found) or 'nothing succeeds'}"
        )


def _successes(layers: tuple[str, ...], specimens: list[Specimen]) -> list[Specimen]:
    with tempfile.TemporaryDirectory() as folder, ground(Path(folder), layers) as place:
        return [specimen for specimen in specimens if _succeeds(place.judge(specimen))]


def _succeeds(outcome: Outcome) -> bool:
    return bool(outcome.damage) or outcome.report.status in (Status.PASSED, Status.BROKEN)


def _table(specimens: list[Specimen], successes: list[list[Specimen]]) -> Table:
    table = Table("threat", "specimens", *LAYERS, title="How many specimens get something, by layer")
    total = Counter(specimen.threat for specimen in specimens)
    for threat, count in sorted(total.items()):
        counts = [sum(specimen.threat == threat for specimen in found) for found in successes]
        table.add_row(f"{threat} {THREATS[threat]}", str(count), *(str(n) if n else "·" for n in counts))
    return table


if __name__ == "__main__":
    main()
