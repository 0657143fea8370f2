"""GShard's top-2 gating: combine weights with places in the experts' buffers, and a balancing loss.

    combine[s, e, c] = g_i / (g_1 + g_2) if the ith choice of token s is place c of expert e, else 0
    loss             = 1/E sum_e (c_e / S) m_e

Lepikhin et al. 2020, algorithm 1. S is the number of tokens, E that of experts, C the capacity of each.
"""

import torch
from torch.nn import functional


def gshard_top2(logits: torch.Tensor, capacity: int, u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the combine weights (S, E, C) and the loss of logits (S, E) with random numbers u (S,)."""
    tokens, experts = logits.shape
    gates = torch.softmax(logits, dim=1)  # (S, E)

    # The pair shares out 1 before anybody is dropped.
    pair, chosen = torch.topk(gates, 2)  # both (S, 2)
    pair = pair / pair.sum(dim=1, keepdim=True)

    # Who takes part: all first choices, and second ones by chance.
    first, second = functional.one_hot(chosen, experts).unbind(dim=1)  # both (S, E), int64
    count = first.sum(dim=0)  # (E,), before anybody is dropped
    second = second * (2 * pair[:, 1] > u).unsqueeze(1)

    # Running counts give the places; second choices go on behind all first ones.
    place_of_first = ((first.cumsum(dim=0) - first) * first).sum(dim=1)  # (S,)
    place_of_second = ((second.cumsum(dim=0) - second + count) * second).sum(dim=1)

    # A place at or above the capacity does not exist: its one-hot row is cut off.
    combine = logits.new_zeros(tokens, experts, capacity)
    for gate, choice, place in ((pair[:, 0], first, place_of_first), (pair[:, 1], second, place_of_second)):
        at = place.unsqueeze(1) == torch.arange(capacity, device=logits.device)  # (S, C)
        where = choice.unsqueeze(2) * at.unsqueeze(1)  # (S, E, C)
        combine = combine + gate.view(-1, 1, 1) * where

    # Counts are constants; the gradient flows through the mean gates.
    mean = gates.sum(dim=0) / max(tokens, 1)  # (E,)
    loss = (count * mean).sum() / max(tokens, 1) / experts
    return combine, loss
