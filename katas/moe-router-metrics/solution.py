"""Router health: how evenly the tokens are spread, how bad the busiest expert is, what is dropped.

    entropy = -sum_i q_i ln q_i / ln E      max_over_mean = max n / mean n      dropped = sum_i max(n_i - C, 0) / N

n_i is the number of choices that fell on expert i, N their sum, q_i = n_i / N, C the capacity of an expert.
"""

import math

import torch


def router_metrics(idx: torch.Tensor, n_experts: int, capacity: int) -> dict[str, torch.Tensor]:
    """Return the load, its entropy, max over mean and the dropped share of choices idx (T, k)."""
    counts = torch.bincount(idx.flatten(), minlength=n_experts).float()  # (E,)
    total = counts.sum()
    one = torch.ones(())

    # Without tokens nothing is uneven and nothing is lost.
    if total == 0:
        return {"load": counts, "entropy": one, "max_over_mean": one.clone(), "dropped": torch.zeros(())}

    load = counts / total

    # xlogy takes 0 ln 0 as 0. A single expert has everything, and that is as even as it gets.
    entropy = -torch.xlogy(load, load).sum() / math.log(n_experts) if n_experts > 1 else one

    return {
        "load": load,
        "entropy": entropy,
        "max_over_mean": counts.max() / counts.mean(),
        "dropped": (counts - capacity).clamp(min=0).sum() / total,
    }
