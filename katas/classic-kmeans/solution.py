"""K-means: assign each point to its nearest centroid, move each centroid to the mean of its points.

Lloyd 1982. N points of D coordinates, K centroids.
"""

import torch


def kmeans(x: torch.Tensor, init: torch.Tensor, iters: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the centroids (K, D) after so many iterations, and the nearest one of each point (N,)."""
    centroids = init
    for _ in range(iters):
        assign = _nearest(x, centroids)
        sums = torch.zeros_like(centroids).index_add(0, assign, x)  # (K, D)
        counts = assign.bincount(minlength=len(centroids)).unsqueeze(1)
        centroids = torch.where(counts > 0, sums / counts, centroids)
    return centroids, _nearest(x, centroids)


def _nearest(x: torch.Tensor, centroids: torch.Tensor) -> torch.Tensor:
    """Return the number of the nearest centroid of each point, the smallest of equals."""
    gaps = x.unsqueeze(1) - centroids  # (N, K, D)
    return gaps.square().sum(dim=2).argmin(dim=1)
