"""One-hot vectors: zeros, with a one at the place of the class.

    hot[..., c] = 1 if labels[...] = c and labels[...] != ignore, else 0

C is the number of classes.
"""

import torch


def one_hot(
    labels: torch.Tensor, num_classes: int, dtype: torch.dtype = torch.float32, ignore: int = -1
) -> torch.Tensor:
    """Return the one-hot vectors (..., C) of the labels (...)."""
    counts = labels != ignore
    if (counts & ((labels < 0) | (labels >= num_classes))).any():
        raise ValueError(f"labels must be 0 to {num_classes - 1}, or {ignore} to be ignored")

    classes = torch.arange(num_classes, device=labels.device)
    hot = labels.unsqueeze(-1) == classes  # (..., C)
    return (hot & counts.unsqueeze(-1)).to(dtype)
