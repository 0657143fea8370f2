"""Squared distances of all pairs, by one product of matrices.

    |x - y|^2 = |x|^2 + |y|^2 - 2 x.y

The origin is moved among the points first: far from it the three terms would cancel each other's digits.
"""

import torch


def pairwise_sqdist(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the squared distance (N, M) of each point of x (N, D) from each of y (M, D)."""
    centre = y.mean(dim=0)
    x, y = x - centre, y - centre
    squares = x.square().sum(dim=1).unsqueeze(1) + y.square().sum(dim=1)  # (N, M)
    return (squares - 2 * x @ y.mT).clamp(min=0)
