"""Where the command line begins: a check calls its judge first, so that it gets ready during the imports."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    if arguments is None:
        _leave(_exit_code(sys.argv[1:]))
    _run(arguments)


def _run(given: list[str]) -> None:
    if _is_warm_check(given):
        from .judging.server import call_ahead  # and not by way of the client, which imports more

        call_ahead()
    from .cli.main import run

    run(given)


def _exit_code(given: list[str]) -> int:
    try:
        _run(given)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0
    except KeyboardInterrupt:  # during the imports
        from .errors import INTERRUPTED

        return INTERRUPTED
    return 0


def _leave(code: int) -> NoReturn:
    """End at once: to tidy up the interpreter takes longer than many a command."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # its reader is gone, or it is closed
            stream.flush()
    os._exit(code)


def _is_warm_check(given: list[str]) -> bool:
    is_check = given[:1] == ["check"] and not {"--cold", "--help", "-h"}.intersection(given)
    return is_check and sys.platform == "linux" and os.environ.get("MLKATA_COLD") != "1"


if __name__ == "__main__":
    main()
