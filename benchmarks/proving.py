"""How long the proof of a kata takes, from nothing: no server, no kept proof."""

from __future__ import annotations

import json
import subprocess
import tempfile

from .timing import ENVIRONMENT, MLKATA

KATAS = ("num-softmax", "moe-topk", "align-lora")


def measure() -> None:
    """Print what `mlkata author check KATA --anew` takes, kata by kata, a parent of its own for each."""
    print("\nThe proof of a kata, from nothing")
    for slug in KATAS:
        with tempfile.TemporaryDirectory() as home:
            words = [*MLKATA, "author", "check", slug, "--anew", "--json"]
            env = {**ENVIRONMENT, "MLKATA_COLD": "1", "MLKATA_HOME": home}
            done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        (proof,) = json.loads(done.stdout)["katas"]
        rate = proof["judgements"] / proof["seconds"]
        verdict = "proven" if proof["publishable"] else "not publishable"
        print(
            f"  {slug:<44} {proof['seconds']:9.1f} s    {verdict}, {proof['judgements']} judgements,"
            f" {rate:.1f} a second   budget 10 s"
        )
