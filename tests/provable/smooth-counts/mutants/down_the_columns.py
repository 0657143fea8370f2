"""Columns add up to one.

Rows do.
"""

CAUGHT_BY = "test_follows_the_definition"


def smoothed(counts):
    more = counts.clamp(min=0) + 1
    return more / more.sum(0)
