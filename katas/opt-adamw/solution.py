"""One step of AdamW: Adam with weight decay beside the gradient.

    p <- p - lr wd p
    m <- b1 m + (1 - b1) g      v <- b2 v + (1 - b2) g^2
    p <- p - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

Loshchilov, Hutter 2017, algorithm 2, with the decay scaled by the learning rate as in PyTorch. t counts
from 1.
"""

from typing import Any

import torch


@torch.no_grad()
def adamw_step(
    p: torch.Tensor,
    grad: torch.Tensor | None,
    state: dict[str, Any],
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> None:
    """Move the parameter *p* in place by one step, and keep in *state* what the next one needs."""
    if grad is None:
        return
    if not state:
        state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
    state["t"] += 1
    b1, b2 = betas

    # Decay shrinks the parameter itself; the averages never see it.
    p.mul_(1 - lr * weight_decay)

    # Moving averages of the gradient and of its square.
    state["m"].mul_(b1).add_((1 - b1) * grad)
    state["v"].mul_(b2).add_((1 - b2) * grad.square())

    # They began at 0, so the first ones are too small by 1 - b^t.
    mean = state["m"] / (1 - b1 ** state["t"])
    spread = (state["v"] / (1 - b2 ** state["t"])).sqrt()
    p.sub_(lr * mean / (spread + eps))
