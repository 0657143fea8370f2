import torch
from torch.nn import functional


def router_metrics(idx, n_experts, capacity):
    counts = functional.one_hot(idx.reshape(-1), n_experts).sum(dim=0)
    total = max(int(counts.sum()), 1)
    load = counts / total
    if not counts.any() or n_experts == 1:
        entropy = torch.tensor(1.0)
    else:
        used = load[load > 0]
        entropy = -(used * used.log()).sum() / torch.tensor(float(n_experts)).log()
    busiest = load.max() * n_experts if counts.any() else torch.tensor(1.0)
    kept = torch.minimum(counts, torch.tensor(capacity)).sum()
    return {
        "load": load,
        "entropy": entropy,
        "max_over_mean": busiest,
        "dropped": (counts.sum() - kept) / total,
    }
