"""Diagnosis: which known mistake gives exactly the answers that the submission gave.

The failing checks are run again, with the same seeds, against the kata's mutants. Those are the author's
code, so one fork of the judge runs them all. Whatever happens here never changes a verdict.
"""

from __future__ import annotations

import json
import os
import signal
from itertools import takewhile

from ..kata import Kata
from ..report import Diagnosis
from .bench import Bench, Submission
from .plugin import Evidence, JudgePlugin, check_name
from .sandbox import die_with_parent
from .sandboxes import Forked

_SECONDS = 10
_MOST_CHECKS = 3


def diagnose(kata: Kata, plugin: JudgePlugin) -> Diagnosis | None:
    """Return the mistake behind the failures of *plugin*'s run, where a mutant makes the same ones."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(_SECONDS)
            die_with_parent()
            os.write(writer, json.dumps(_search(kata, plugin)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return Diagnosis(**json.loads(text)) if text and text != "null" else None


def _search(kata: Kata, plugin: JudgePlugin) -> dict[str, str] | None:
    evidence = plugin.evidence[:_MOST_CHECKS]
    first = check_name(evidence[0].item)
    ranked = []
    for n, mutant in enumerate(kata.mutants):
        alike = _checks_alike(kata, mutant.path.read_bytes(), plugin, evidence)
        if alike:
            ranked.append((alike, first in mutant.caught_by, -n, mutant))
    if not ranked or _checks_alike(kata, kata.solution.read_bytes(), plugin, evidence):
        return None
    mutant = max(ranked, key=lambda entry: entry[:3])[3]
    return {"mutant": mutant.name, "check": first, "text": mutant.diagnosis}


def _checks_alike(kata: Kata, source: bytes, plugin: JudgePlugin, evidence: list[Evidence]) -> int:
    """Return in how many failing checks, from the first on, this code answers as the submission did."""
    bench = Bench(Forked(), Submission(source, "mutant.py", kata.facts.entry_points), kata.facts.limits, [])
    plugin.use(bench)
    try:
        return sum(1 for _ in takewhile(plugin.answers_like, evidence))
    finally:
        bench.put_away()
