"""The caller's counts are clamped.

Make new ones.
"""

CAUGHT_BY = "test_counts_stay_as_they_were"


def smoothed(counts):
    more = counts.clamp_(min=0) + 1
    return more / more.sum(1, keepdim=True)
