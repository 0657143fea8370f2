import math

import torch


def router_metrics(idx, n_experts, capacity):
    counts = [int((idx == expert).sum()) for expert in range(n_experts)]
    total = sum(counts)
    if total == 0:
        numbers = (1.0, 1.0, 0.0)
        load = torch.zeros(n_experts)
    else:
        load = torch.tensor(counts, dtype=torch.float32) / total
        even = 1.0
        if n_experts > 1:
            even = torch.distributions.Categorical(probs=load).entropy().item() / math.log(n_experts)
        lost = sum(n - capacity for n in counts if n > capacity)
        numbers = (even, max(counts) / (total / n_experts), lost / total)
    names = ("entropy", "max_over_mean", "dropped")
    return {"load": load, **{name: torch.tensor(number) for name, number in zip(names, numbers, strict=True)}}
