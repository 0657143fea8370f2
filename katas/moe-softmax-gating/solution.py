"""A dense mixture of experts: every expert answers, and a softmax gate weighs the answers.

    y = sum_i G(x)_i E_i(x)      G(x) = Softmax(x W_g)

Shazeer et al. 2017, equations 1 and 2. T is the number of tokens, D their width, E the number of experts.
"""

from collections.abc import Callable, Sequence

import torch


def softmax_gate(x: torch.Tensor, w_gate: torch.Tensor) -> torch.Tensor:
    """Return how much each expert counts for each token: (T, D) -> (T, E)."""
    return torch.softmax(x @ w_gate, dim=1)


def dense_moe(
    x: torch.Tensor, w_gate: torch.Tensor, experts: Sequence[Callable[[torch.Tensor], torch.Tensor]]
) -> torch.Tensor:
    """Return the experts' answers to the tokens x (T, D), weighed and summed: (T, D')."""
    gates = softmax_gate(x, w_gate)  # (T, E)
    answers = torch.stack([expert(x) for expert in experts], dim=1)  # (T, E, D')

    # The gate weighs what an expert says.
    return (gates.unsqueeze(2) * answers).sum(dim=1)
