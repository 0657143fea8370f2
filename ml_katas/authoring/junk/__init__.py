"""Junk: wrong submissions made from a solution, which every suite must reject."""
