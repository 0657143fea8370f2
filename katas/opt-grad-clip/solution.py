"""Gradient clipping by the norm of all gradients together.

g_p <- g_p min(1, c / (||g|| + eps))      Pascanu et al. 2013, algorithm 1
"""

from collections.abc import Iterable

import torch


def clip_grad_norm_(params: Iterable[torch.Tensor], max_norm: float, eps: float = 1e-6) -> float:
    """Scale the gradients in place to a common norm of at most *max_norm*; return the norm before."""
    # The iterable may be a generator: go through it once and keep what matters.
    grads = [p.grad for p in params if p.grad is not None]

    # One sum over everything, in a precision that can hold the squares.
    squares = [g.to(torch.promote_types(g.dtype, torch.float32)).square().sum() for g in grads]
    norm = float(sum(squares)) ** 0.5

    # A factor above 1 would make short gradients longer.
    factor = min(1.0, max_norm / (norm + eps))
    for grad in grads:
        grad.mul_(factor)
    return norm
