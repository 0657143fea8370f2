"""Text from outside as literal text: nothing in it can move the cursor, recolour or reorder a line."""

from __future__ import annotations

import re
from typing import Any

MOST_TEXT = 8_000
MOST_OUTPUT = 64 << 10

# Window titles, links and device strings; then colours and cursor movements.
_STRING = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
_CONTROL = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
_SHORT = r"\x1b[ -/]*[0-~]"
_SINGLE = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_INVISIBLE = re.compile(f"{_STRING}|{_CONTROL}|{_SHORT}|{_SINGLE}")
_MISLEADING = re.compile(
    "["
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction
    "\u180e\u200b\u2028\u2029\u2060-\u2064\ufeff"  # lines and spaces that are not seen
    "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f"  # lone surrogates, annotations, tags
    "]"
)


def sanitize(text: str) -> str:
    """Return *text* without escape sequences and control characters other than newline and tab.

    What would reorder a line, break it unseen or hide in it becomes a visible U+FFFD.
    """
    if text.isprintable():
        return text
    return _MISLEADING.sub("\ufffd", _INVISIBLE.sub("", text))


def sanitize_line(text: str) -> str:
    """Return *text* sanitized and in one line."""
    return " ".join(sanitize(text).split())


def sanitize_all(value: Any, key: str = "") -> Any:
    """Return what JSON can hold with every text in it sanitized and bounded, most generously an `output`."""
    if isinstance(value, str):
        return sanitize(value[: MOST_OUTPUT if key == "output" else MOST_TEXT])
    if isinstance(value, dict):
        return {name: sanitize_all(part, name) for name, part in value.items()}
    return [sanitize_all(part, key) for part in value] if isinstance(value, list) else value
