"""Switch routing: each token goes to its best expert, if that has a place left.

    y = p_i E_i(x)      p = Softmax(h(x))      i = argmax p      C = ceil(T / E * capacity factor)

Fedus et al. 2022, equations 1-3. T is the number of tokens, D their width, E the number of experts.
"""

import math
from collections.abc import Callable, Sequence

import torch


def switch_layer(
    x: torch.Tensor,
    logits: torch.Tensor,
    experts: Sequence[Callable[[torch.Tensor], torch.Tensor]],
    capacity_factor: float = 1.25,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the output (T, D) of tokens x (T, D) routed by logits (T, E), and who was dropped (T,)."""
    tokens, n_experts = logits.shape
    capacity = math.ceil(tokens / n_experts * capacity_factor)

    # The best expert, and its probability among all experts: not renormalised, so that the router learns.
    best, choice = torch.softmax(logits, dim=1).max(dim=1)  # both (T,)

    y = torch.zeros_like(x)
    dropped = torch.zeros(tokens, dtype=torch.bool, device=x.device)
    for number, expert in enumerate(experts):
        rows = (choice == number).nonzero().squeeze(1)  # in the order of the tokens
        dropped[rows[capacity:]] = True
        kept = rows[:capacity]
        if len(kept):
            y = y.index_add(0, kept, best[kept].unsqueeze(1) * expert(x[kept]))
    return y, dropped
