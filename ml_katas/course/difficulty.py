"""How hard a kata is."""

from __future__ import annotations

from enum import StrEnum


class Difficulty(StrEnum):
    """How hard a kata is for someone who knows its prerequisites."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
