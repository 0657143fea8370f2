"""The ones that are added are forgotten below the line.

Add K there.
"""

CAUGHT_BY = "test_follows_the_definition"


def smoothed(counts):
    seen = counts.clamp(min=0)
    return (seen + 1) / seen.sum(1, keepdim=True)
