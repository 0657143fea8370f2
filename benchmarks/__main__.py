"""`python -m benchmarks`: every budget of the project, measured side by side in one run."""

from __future__ import annotations

import argparse
import os
import platform

from . import checking, exporting, proving, resources, reviewing, saving, start_up

_PARTS = ("start-up", "review", "export", "check", "watch", "server", "proof")


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parts = argparse.ArgumentParser(description=__doc__)
    parts.add_argument("names", nargs="*", choices=[*_PARTS, []], metavar="|".join(_PARTS))
    parts.add_argument("--rounds", type=int, default=15)
    chosen = parts.parse_args()
    names = chosen.names or _PARTS
    machine = f"{platform.system()} {platform.release()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}")
    if "start-up" in names:
        start_up.measure(chosen.rounds)
    if "review" in names:
        reviewing.measure(chosen.rounds)
    if "export" in names:
        exporting.measure(chosen.rounds)
    if "check" in names:
        checking.measure(chosen.rounds)
    if "watch" in names:
        saving.measure(chosen.rounds)
    if "server" in names:
        resources.measure()
    if "proof" in names:
        proving.measure()


if __name__ == "__main__":
    main()
