"""What is said of an error of ours: one sentence, and where its traceback is; it exits like no verdict."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from pathlib import Path

from ..errors import InternalError
from ..support.paths import cache_folder


def internal_error(error: BaseException) -> InternalError:
    """Return *error* in words; its traceback is kept, and with MLKATA_DEBUG=1 shown."""
    text = "".join(traceback.format_exception(error))
    if os.environ.get("MLKATA_DEBUG") == "1":
        sys.stderr.write(text)
    kept = _kept(text)
    where = f"Its traceback is in {kept}." if kept else "MLKATA_DEBUG=1 shows its traceback."
    return InternalError(f"An unexpected error, which is not your fault: {_line(error)}", where)


def _line(error: BaseException) -> str:
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}".rstrip(": ") + "."


def _kept(text: str) -> Path | None:
    """Write *text* to the file of the last such error, and return its path where that was possible."""
    folder = cache_folder()
    if folder is None:
        return None
    with contextlib.suppress(OSError, ValueError):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "last-error.txt"
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        return path
    return None
