"""Add-one smoothing: probabilities from counts, none of them zero."""


def smoothed(counts):
    seen = counts.clamp(min=0)  # (B, K)
    return (seen + 1) / (seen.sum(1, keepdim=True) + seen.shape[1])
