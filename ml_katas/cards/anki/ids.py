"""The numbers and names that Anki knows our notes by: always the same for the same card and deck.

A note's guid is `mlkata:` and the card's permanent id. A deck's number comes from the hash of its name, the
note type's is a constant. Whatever is exported later therefore meets what is there.
"""

from __future__ import annotations

from hashlib import sha256

NOTE_TYPE_ID = 1_099_900_000_001
ROOT = "mlkata"
_FIRST_DECK_ID = 1 << 40


def guid_of(card: str) -> str:
    """Return the guid of the note of a card."""
    return f"mlkata:{card}"


def deck_name(branch: str, deck: str) -> str:
    """Return where a deck hangs in Anki's tree: `mlkata::papers::switch-transformer`."""
    return f"{ROOT}::{branch}::{deck}"


def deck_id(name: str) -> int:
    """Return the number of the deck of this name: 40 bits of its hash above 2^40."""
    return _FIRST_DECK_ID + int.from_bytes(sha256(name.encode()).digest()[:5], "big")
