"""Softmax along one axis: the exponentials, divided by their sum.

    softmax(x)_i = exp(x_i) / sum_j exp(x_j) = exp(x_i - m) / sum_j exp(x_j - m)      for any m

The two are equal on paper. In floating point only the second can be computed, with m the largest entry of
each row, where a row is what runs along the axis `dim`. Goodfellow et al. 2016, Deep Learning, section 4.1.
"""

import torch


def softmax(x: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """Return the softmax of x along dim, of the shape and dtype of x."""
    # float16 ends at 65504, which a long sum passes at once. float32 and float64 stay what they are.
    logits = x.to(torch.promote_types(x.dtype, torch.float32))

    # After this the largest entry of every row is 0 and its power is 1, so nothing overflows
    # and the sum below is at least 1.
    shifted = logits - logits.amax(dim=dim, keepdim=True)  # (..., n, ...) - (..., 1, ...)

    # Every power lies between 0 and 1, and exp(-inf) is exactly 0.
    powers = torch.exp(shifted)  # (..., n, ...)
    weights = powers / powers.sum(dim=dim, keepdim=True)

    # Round once, at the very end.
    return weights.to(x.dtype)
