"""The sparse feed-forward block of Mixtral: each token passes through k SwiGLU experts.

    y = sum_i Softmax(TopK(W_r x))_i W_2i (silu(W_1i x) * W_3i x)      Jiang et al. 2024, section 2.1

B is the number of sequences, S their length, D the width, F that inside an expert, E the number of experts.
"""

import torch
from torch.nn import functional


def moe_forward(
    x: torch.Tensor,
    router: torch.Tensor,
    w1: torch.Tensor,
    w3: torch.Tensor,
    w2: torch.Tensor,
    k: int = 2,
) -> torch.Tensor:
    """Return the block's output (B, S, D) for x (B, S, D)."""
    tokens = x.reshape(-1, x.shape[-1])  # (N, D), N = B*S

    # The router: k experts for each token, weighed against each other.
    kept, chosen = torch.topk(tokens @ router.T, k)  # both (N, k)
    weights = torch.softmax(kept, dim=1)

    y = torch.zeros_like(tokens)
    for expert in chosen.unique().tolist():  # those that somebody chose
        rows, choice = (chosen == expert).nonzero(as_tuple=True)  # both (n,)
        mine = tokens[rows]  # (n, D)
        hidden = functional.silu(mine @ w1[expert].T) * (mine @ w3[expert].T)  # (n, F)
        result = hidden @ w2[expert].T * weights[rows, choice].unsqueeze(1)  # (n, D)
        y = y.index_add(0, rows, result)
    return y.reshape(x.shape)
