"""When each note last changed: what Anki compares to decide which version of a note is the newer one.

A note that is as it was keeps its time, so that what a learner edited in Anki stays. One that changed gets a
later time than it ever had, even where the clock was put back.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...support.records import record
from .notes import AnkiNote


@record
class Stamp:
    """A note's content, as a hash, and the second in which it became that."""

    content: str
    changed: int


Stamps = dict[str, Stamp]  # by the ids of cards


def stamped(notes: Iterable[AnkiNote], known: Stamps, now: int) -> Stamps:
    """Return the stamp of each note."""
    return {note.card: _stamp(note.content, known.get(note.card), now) for note in notes}


def newest(*all_known: Stamps) -> Stamps:
    """Return of each card the stamp with the latest time."""
    found: Stamps = {}
    for known in all_known:
        for card, stamp in known.items():
            if card not in found or stamp.changed > found[card].changed:
                found[card] = stamp
    return found


def _stamp(content: str, known: Stamp | None, now: int) -> Stamp:
    if known is None:
        return Stamp(content, now)
    return known if known.content == content else Stamp(content, max(now, known.changed + 1))
