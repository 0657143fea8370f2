"""Flashcards and review: what is due, how it went, when it comes back."""
