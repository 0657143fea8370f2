"""Gradient accumulation: one step for many micro-batches, the same as for all of them together.

L = sum_i S_i / sum_i n_i, with S_i the sum of losses and n_i the number of tokens of micro-batch i
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch


def accumulated_step(
    model: torch.nn.Module,
    opt: torch.optim.Optimizer,
    micro_batches: Iterable[Any],
    loss_sum_fn: Callable[[torch.nn.Module, Any], tuple[torch.Tensor, int]],
) -> float:
    """Take one step with the gradient of the mean loss over all tokens, and return that loss."""
    opt.zero_grad()
    total, tokens = 0.0, 0
    for batch in micro_batches:
        loss_sum, count = loss_sum_fn(model, batch)
        loss_sum.backward()  # adds to the gradients, and frees the graph
        total += loss_sum.item()
        tokens += count
    if tokens == 0:
        raise ValueError("there are no tokens in any micro-batch")
    for p in model.parameters():
        if p.grad is not None:
            p.grad /= tokens
    opt.step()
    return total / tokens
