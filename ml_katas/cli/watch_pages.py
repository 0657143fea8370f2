"""What `mlkata watch` shows beside the verdict: brief, hint, list and keys."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..course.kata import Kata
    from ..practice.state import AppState

HELP = """\
Every save is judged by itself.

  h   the next hint
  s   the brief (show)
  v   back to the verdict
  r   run the check again
  o   open your file in your editor
  l   the list of all katas
  x   begin again from the starter; what you have is kept
  n   the next kata, after a pass
  q   quit

  arrows, j and k, space, the wheel   scroll
"""

# What is left out first where a line is too short for all.
_KEYS = {
    "n": "n next", "v": "v verdict", "h": "h hint", "s": "s brief", "r": "r run", "o": "o open",
    "l": "l list", "x": "x reset", "?": "? help", "q": "q quit",
}  # fmt: skip
_LEAST_WANTED = ("x", "l", "o", "r", "s", "v")


def keys_line(*, goes_on: bool, is_beside: bool) -> str:
    """Return the keys that fit into a line: those that matter stay."""
    shown = {key for key in _KEYS if (key != "n" or goes_on) and (key != "v" or is_beside)}
    for key in _LEAST_WANTED:
        line = " · ".join(text for name, text in _KEYS.items() if name in shown)
        if len(line) < shutil.get_terminal_size().columns:
            return line
        shown.discard(key)
    return " · ".join(text for name, text in _KEYS.items() if name in shown)


def hint_page(state: AppState, kata: Kata) -> RenderableType:
    """Return the next hint, which counts as shown."""
    from ..practice.hint import next_hint
    from ..render.brief import hint_view

    hinted = next_hint(state, kata.slug)
    return hint_view(hinted.kata, hinted.number)


def brief_page(kata: Kata) -> RenderableType:
    """Return the brief."""
    from ..render.brief import brief_view

    return brief_view(kata)


def list_page(state: AppState) -> RenderableType:
    """Return the catalogue, with the learner's progress."""
    from ..practice.overview import rows
    from ..render.catalogue import catalogue_view

    return catalogue_view(rows(state), state.catalog.tracks)


def reset_kata(state: AppState, kata: Kata, *, bare: bool) -> str:
    """Put the starter in the place of the learner's file, and say where that is kept."""
    from ..cards.katas import due_katas
    from ..practice import versions

    done = versions.reset(state, kata.slug, bare=bare, due=[due.slug for due in due_katas(state)])
    now = f"{done.path.name} is the starter {'again' if done.changed else 'already'}."
    if not done.kept:
        return now
    return f"{now} Yours is kept: mlkata restore {kata.slug} {done.kept.number} brings it back."
