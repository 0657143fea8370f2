"""Router health: how evenly the tokens are spread, how bad the busiest expert is, what is dropped.

    entropy       = -sum_i q_i ln q_i / ln E
    max_over_mean = max n / mean n
    dropped       = sum_i max(n_i - C, 0) / N

n_i is the number of choices that fell on expert i, N their sum, q_i = n_i / N, C the capacity of an expert.
"""

import math

import torch


def router_metrics(idx: torch.Tensor, n_experts: int, capacity: int) -> dict[str, torch.Tensor]:
    """Return the load, its entropy, max over mean and the dropped share of choices idx (T, k)."""
    counts = torch.bincount(idx.flatten(), minlength=n_experts).float()  # (E,)
    total = counts.sum()

    # Without tokens nothing is uneven and nothing is lost.
    if total == 0:
        healthy = {"entropy": 1.0, "max_over_mean": 1.0, "dropped": 0.0}
        return {"load": counts, **{name: torch.tensor(number) for name, number in healthy.items()}}

    load = counts / total

    # xlogy takes 0 ln 0 as 0. A single expert has everything, which is as even as it gets, and ln 1 = 0.
    entropy = -torch.xlogy(load, load).sum() / math.log(n_experts) if n_experts > 1 else torch.ones(())

    return {
        "load": load,
        "entropy": entropy,
        "max_over_mean": counts.max() / counts.mean(),
        "dropped": (counts - capacity).clamp(min=0).sum() / total,
    }
