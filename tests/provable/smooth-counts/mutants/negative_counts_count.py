"""Negative counts are subtracted.

They count as none.
"""

CAUGHT_BY = "test_negative_counts_are_none"


def smoothed(counts):
    return (counts + 1) / (counts + 1).sum(1, keepdim=True)
