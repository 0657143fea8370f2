"""Cross-entropy with label smoothing, and with rows that do not count.

    l_n = -(1 - eps) log p_ny - eps / C sum_c log p_nc      Szegedy et al. 2016, section 7

N is the number of rows, C that of classes.
"""

import torch


def cross_entropy(
    logits: torch.Tensor,
    targets: torch.Tensor,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> torch.Tensor:
    """Return the mean loss over the rows of logits (N, C) whose target (N,) is not ignore_index."""
    counts = targets != ignore_index
    logprobs = torch.log_softmax(logits, dim=1)  # (N, C)

    # Ignored rows look up any class: what they find is thrown away.
    right = -logprobs.gather(1, targets.masked_fill(~counts, 0).unsqueeze(1))[:, 0]
    uniform = -logprobs.mean(dim=1)
    losses = (1 - label_smoothing) * right + label_smoothing * uniform  # (N,)

    return losses.masked_fill(~counts, 0.0).sum() / counts.sum().clamp(min=1)
