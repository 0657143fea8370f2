"""Text from outside becomes literal text, in one line and in all parts of a report."""

from __future__ import annotations

import pytest

from ml_katas.support.sanitize import MOST_OUTPUT, MOST_TEXT, sanitize, sanitize_all, sanitize_line


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain, naïve 🙂 e\u0301 क्‍ष", "plain, naïve 🙂 e\u0301 क्‍ष"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07\x9b1mbold\r\b", "red bold"),
        ("a\u2028b\u2029c\ufeffd", "a\ufffdb\ufffdc\ufffdd"),
        ("\u202eabc\u2066\u200f\u061c", "\ufffdabc\ufffd\ufffd\ufffd"),
        ("tag\U000e0041\U000e007f", "tag\ufffd\ufffd"),
        ("half \ud800", "half \ufffd"),
    ],
)
def test_signs_that_do_something_are_gone(text: str, clean: str) -> None:
    """Escape sequences go; what reorders, breaks or hides becomes visible; all else stays."""
    assert sanitize(text) == clean


def test_a_name_is_one_line() -> None:
    """New lines and runs of blanks in a name become one blank."""
    assert sanitize_line("\x1b[1mX\n\n  y\t") == "X y"


def test_all_texts_of_a_report_are_clean_and_bounded() -> None:
    """Every text is sanitized, wherever it stands, and cut; an output is cut later than a sentence."""
    value = {"a": ["\x1b[1m" + "x" * 10_000, 3, None], "output": "y" * 100_000, "b": {"c": True}}
    clean = sanitize_all(value)
    assert len(clean["a"][0]) <= MOST_TEXT
    assert clean["a"][0].strip("x") == ""
    assert (clean["a"][1:], clean["b"]) == ([3, None], {"c": True})
    assert len(clean["output"]) == MOST_OUTPUT
