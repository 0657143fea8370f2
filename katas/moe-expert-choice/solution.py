"""Expert-choice routing: each expert picks its tokens, exactly as many as it has places.

    S = Softmax(X W_g)      G, I = TopK(S^T, C)      C = T c / E, rounded down, between 1 and T

Zhou et al. 2022, equations 1 and 2. T is the number of tokens, D their width, E the number of experts.
"""

import torch


def expert_choice(
    x: torch.Tensor, w_gate: torch.Tensor, capacity_factor: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weights and the tokens, both (E, C), that the experts pick among x (T, D)."""
    # How much each token likes each expert; a token's row sums to 1.
    scores = torch.softmax(x @ w_gate, dim=1)  # (T, E)

    tokens, experts = scores.shape
    capacity = min(tokens, max(1, int(tokens * capacity_factor / experts)))

    # Transposed, every row belongs to an expert, and it is the expert that chooses.
    gates, index = torch.topk(scores.T, capacity)  # both (E, C)
    return gates, index
