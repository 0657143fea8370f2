"""Text from outside as literal text: nothing in it can move the cursor, recolour or reorder a line."""

from __future__ import annotations

import re

# Window titles, links and device strings; then colours and cursor movements.
_STRING = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
_CONTROL = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
_SHORT = r"\x1b[ -/]*[0-~]"
_SINGLE = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_INVISIBLE = re.compile(f"{_STRING}|{_CONTROL}|{_SHORT}|{_SINGLE}")
_MISLEADING = re.compile("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]")  # bidi controls, lone surrogates


def sanitize(text: str) -> str:
    """Return *text* without escape sequences and control characters other than newline and tab.

    Bidirectional overrides and lone surrogates become a visible U+FFFD.
    """
    return _MISLEADING.sub("\ufffd", _INVISIBLE.sub("", text))
