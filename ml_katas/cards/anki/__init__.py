"""Decks for Anki: one file that Anki opens, and that updates what an earlier one brought."""
