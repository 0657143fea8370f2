"""The README shows what the program shows."""

from __future__ import annotations

import re

import pytest

from pictures.failure import failure_pictures
from tests.docs.pages import PAGES, ROOT
from tests.plugins.engine import Engine


def timeless(svg: str) -> str:
    """Return a picture without how long the check took, and how wide the words are that say so."""
    return re.sub(r' textLength="[^"]*"', "", re.sub(r"\d+&#160;ms", "ms", svg))


@pytest.mark.usefixtures("warm")
def test_the_pictures_are_current(engine: Engine) -> None:
    """The failure in the README, light and dark, is what a check of today shows."""
    for path, svg in failure_pictures(engine.report).items():
        assert timeless(path.read_text(encoding="utf-8")) == timeless(svg), (
            "`python -m pictures` draws it anew"
        )
        assert path.relative_to(ROOT).as_posix() in PAGES["README.md"]


def test_what_the_readme_shows_is_there() -> None:
    """No picture is missing, and none lies beside that nothing shows."""
    shown = set(re.findall(r'(?:src|srcset)="(pictures/[^"]+)"', PAGES["README.md"]))
    assert shown == {path.relative_to(ROOT).as_posix() for path in (ROOT / "pictures").glob("*.svg")}
