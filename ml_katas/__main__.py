"""Where the command line begins: a check calls its judge first, so that it gets ready during the imports."""

from __future__ import annotations

import os
import sys


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if _is_warm_check(given):
        from .judging.server import call_ahead

        call_ahead()
    from .cli.run import run

    run(given)


def _is_warm_check(given: list[str]) -> bool:
    is_check = given[:1] == ["check"] and not {"--cold", "--help", "-h"}.intersection(given)
    return is_check and sys.platform == "linux" and os.environ.get("MLKATA_COLD") != "1"


if __name__ == "__main__":
    main()
