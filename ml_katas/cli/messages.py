"""Sentences that several commands say in the same way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .screen import Screen

if TYPE_CHECKING:
    from ..course.kata import Kata
    from ..practice.state import AppState

LOOKING = "looking for the mistake behind it ..."


@contextmanager
def closing_notices(screen: Screen, state: AppState) -> Iterator[None]:
    """Say on stderr, after the block, what the learner must know beside its outcome."""
    try:
        yield
    finally:
        for notice in state.notices:
            screen.note(notice)


def short(path: Path) -> str:
    """Return *path* as seen from the current folder where it lies in it, else whole."""
    near = os.path.relpath(path) if path.anchor == Path.cwd().anchor else str(path)
    return str(path) if near.startswith("..") else near


def effort(difficulty: str, minutes: int) -> str:
    """Return a kata's difficulty and minutes: `medium, about 10 min`."""
    return f"{difficulty}, about {minutes} min"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 hint`, `2 hints`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def headline(kata: Kata) -> str:
    """Return a kata's title with its effort."""
    return f"{kata.facts.title} ({effort(kata.facts.difficulty.value, kata.facts.minutes)})"
