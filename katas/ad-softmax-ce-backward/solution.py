"""The gradient of the mean cross-entropy: what the model says minus what it should say.

    dL/dz = (softmax(z) - onehot(y)) / N      Goodfellow et al. 2016, section 6.2.2.3

N is the number of rows, C that of classes.
"""

import torch


def softmax_ce_backward(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the gradient (N, C) for logits (N, C) and right classes (N,)."""
    probabilities = torch.softmax(logits, dim=1)
    right = torch.arange(logits.shape[1]) == targets.unsqueeze(1)  # (N, C)
    return (probabilities - right.to(logits.dtype)) / len(logits)
