"""SwiGLU: a feed-forward block in which one branch gates the other.

    y = (silu(x W_gate^T) * x W_up^T) W_down^T      silu(z) = z / (1 + exp(-z))

Shazeer 2020, equation 6. D is the width of the model, F that of the block. No biases.
"""

import torch
from torch.nn import functional


def swiglu(x: torch.Tensor, w_gate: torch.Tensor, w_up: torch.Tensor, w_down: torch.Tensor) -> torch.Tensor:
    """Return the block's output (..., D) for x (..., D)."""
    gate = functional.silu(x @ w_gate.T)  # (..., F): how much of each feature passes
    up = x @ w_up.T  # (..., F): the features
    return (gate * up) @ w_down.T  # (..., D)
