"""Automatic mutants: the solution of a kata with one small mistake in it, for the suite to notice."""

from .mutants import AutoMutant, automatic_mutants, diff

__all__ = ["AutoMutant", "automatic_mutants", "diff"]
