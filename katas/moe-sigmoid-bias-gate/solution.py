"""The gate of DeepSeek-V3: a bias takes part in the choice of experts, and in nothing else.

    s_i = sigmoid(e_i . x)      chosen: the k largest of s_i + b_i      g_i = scale s_i / sum of chosen s_j

DeepSeek-V3, equations 12-16, with node-limited routing. T is the number of tokens, D their width, E the
number of experts, which stand in groups of equal size.
"""

import torch


def deepseek_gate(
    x: torch.Tensor,
    w: torch.Tensor,
    bias: torch.Tensor,
    k: int,
    n_groups: int = 1,
    topk_groups: int = 1,
    scale: float = 1.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weights and the indices, both (T, k), of the experts of tokens x (T, D)."""
    scores = torch.sigmoid(x @ w.T)  # (T, E)

    # What decides. Choosing has no gradient, so neither has the bias.
    deciding = (scores + bias).detach()

    # A group is as good as its two best experts together.
    groups = deciding.unflatten(1, (n_groups, -1))  # (T, G, E/G)
    best_two = groups.topk(min(2, groups.shape[2])).values.sum(dim=2)  # (T, G)
    allowed = best_two.topk(topk_groups).indices  # (T, topk_groups)

    # Only -inf is below everything: biases may be so negative that 0 would win.
    ruled_out = torch.ones_like(best_two, dtype=torch.bool).scatter(1, allowed, False)
    deciding = groups.masked_fill(ruled_out.unsqueeze(2), -torch.inf).flatten(1)  # (T, E)
    idx = deciding.topk(k).indices  # (T, k)

    # What weighs: the scores themselves, shared out among the chosen, then scaled.
    chosen = scores.gather(1, idx)
    return scale * chosen / chosen.sum(dim=1, keepdim=True), idx
