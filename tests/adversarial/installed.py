"""Hostile submissions where ml_katas is installed: `python -m tests.adversarial.installed [NAME …]`.

Judges those that are after suite, solution and home, and writes a line of JSON for each. Meanwhile the
secret is planted in the bundled course itself: run this on an installation of your own.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import ml_katas

from .corpus import Specimen, hostile
from .ground import Ground, ground

THREATS = (1, 2)  # memory and files


def main() -> None:
    """Judge the specimens that are named, or all."""
    with tempfile.TemporaryDirectory() as folder, ground(Path(folder), in_place=True) as place:
        package = str(Path(ml_katas.__file__).parent)
        _write(package=package, kata=str(place.kata.folder), level=place.isolation.level)
        for specimen in after_suite_or_home():
            if not sys.argv[1:] or specimen.name in sys.argv[1:]:
                _judge(place, specimen)


def after_suite_or_home() -> list[Specimen]:
    """Return the specimens that want to read what they must not."""
    return [specimen for specimen in hostile() if specimen.threat in THREATS]


def _judge(place: Ground, specimen: Specimen) -> None:
    if specimen.needs_confinement and place.isolation.level != "strong":
        return
    outcome = place.judge(specimen)
    report = outcome.report
    _write(name=specimen.name, status=report.status, message=report.message, damage=outcome.damage)


def _write(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
