"""Batch normalisation: the statistics of the batch in training, running ones in evaluation.

    y = w (x - mu) / sqrt(sigma^2 + eps) + b, per channel

Ioffe & Szegedy 2015, algorithms 1 and 2.
"""

import torch


def batch_norm(
    x: torch.Tensor,
    mean: torch.Tensor,
    var: torch.Tensor,
    w: torch.Tensor,
    b: torch.Tensor,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> torch.Tensor:
    """Return x (N, C, ...) normalised per channel; in training mean and var (C,) move in place."""
    mu, variance = mean, var
    if training:
        rows = x.transpose(0, 1).flatten(start_dim=1)  # (C, n)
        n = rows.shape[1]
        if n == 1:
            raise ValueError("one number per channel has no variance")
        mu, variance = rows.mean(dim=1), rows.var(dim=1, correction=0)
        with torch.no_grad():
            mean.lerp_(mu, momentum)
            var.lerp_(variance * n / (n - 1), momentum)

    def along_channels(values: torch.Tensor) -> torch.Tensor:
        return values.reshape(-1, *[1] * (x.dim() - 2))  # (C, 1, ...)

    normalised = (x - along_channels(mu)) / along_channels(variance + eps).sqrt()
    return normalised * along_channels(w) + along_channels(b)
