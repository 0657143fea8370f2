"""The log of whoever started this process: what went wrong where nobody expected it."""

from __future__ import annotations

import contextlib
import sys
import traceback

from ..support.sanitize import sanitize

_MOST_FRAMES = 30
_MOST_TEXT = 16_000


def log(error: BaseException) -> None:
    """Write the traceback of *error*, which may hold text of a submission, where the log is."""
    with contextlib.suppress(Exception):
        lines = traceback.TracebackException.from_exception(error, limit=-_MOST_FRAMES).format()
        print(sanitize("".join(lines)[-_MOST_TEXT:]), file=sys.stderr, flush=True)
