"""Row by row."""

import torch


def smoothed(counts):
    return torch.stack([(row + 1) / (row + 1).sum() for row in counts.clamp(min=0)])
