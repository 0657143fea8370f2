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
    _call_ahead(arguments)
    from .cli.main import run

    run(arguments)


def _occupy_closed_files() -> None:
    """Give the numbers of closed streams to nothing, so that no socket is written to by mistake."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            continue
        os.close(number)


def _call_ahead(given: list[str]) -> None:
    if _is_warm_check(given):
        from .judging.server import call_ahead  # and not by way of the client, which imports more

        call_ahead()


def _exit_code(given: list[str]) -> int:
    try:
        _occupy_closed_files()
        _call_ahead(given)
        from .cli.main import run_process

        run_process(given)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0
    except KeyboardInterrupt:  # during the imports
        from .errors import INTERRUPTED

        return INTERRUPTED
    except Exception as error:  # before there is a command line that says it better
        return _failed(error)
    return 0


def _failed(error: Exception) -> int:
    """Say what kept the command from running at all, and return the exit code for that."""
    from .errors import MlkataError

    if not isinstance(error, MlkataError):
        from .cli.crash import internal_error

        error = internal_error(error)
    print(f"mlkata: {error.message}", f"  {error.next_step}", sep="\n", file=sys.stderr)
    return error.exit_code


def _leave(code: int) -> NoReturn:
    """End at once: to tidy up the interpreter takes longer than many a command."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # it is closed, or full: that was said when it was written to
            stream.flush()
    os._exit(code)


def _is_warm_check(given: list[str]) -> bool:
    is_check = given[:1] == ["check"] and not {"--cold", "--help", "-h"}.intersection(given)
    return is_check and sys.platform == "linux" and os.environ.get("MLKATA_COLD") != "1"


if __name__ == "__main__":
    main()
