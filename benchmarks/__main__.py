"""`python -m benchmarks`: every budget of the project, measured side by side in one run."""

from __future__ import annotations

import argparse
import os
import platform

from . import checking, resources, start_up


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parts = argparse.ArgumentParser(description=__doc__)
    parts.add_argument(
        "names", nargs="*", choices=["start-up", "check", "server", []], metavar="start-up|check|server"
    )
    parts.add_argument("--rounds", type=int, default=15)
    chosen = parts.parse_args()
    names = chosen.names or ["start-up", "check", "server"]
    machine = f"{platform.system()} {platform.release()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}")
    if "start-up" in names:
        start_up.measure(chosen.rounds)
    if "check" in names:
        checking.measure(chosen.rounds)
    if "server" in names:
        resources.measure()


if __name__ == "__main__":
    main()
