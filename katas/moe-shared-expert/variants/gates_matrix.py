import torch


def shared_expert_layer(u, shared, routed, weights, idx, scale=1.0):
    gates = torch.zeros(len(u), len(routed), dtype=weights.dtype).scatter(1, idx, weights)
    used = torch.zeros(len(u), len(routed), dtype=torch.bool).scatter(1, idx, True)
    parts = [u] + [expert(u) for expert in shared]
    for i, expert in enumerate(routed):
        at = torch.where(used[:, i])[0]
        if at.numel():
            part = torch.zeros_like(u).index_copy(0, at, expert(u[at]) * gates[at, i].unsqueeze(1))
            parts.append(part * scale)
    return torch.stack(parts).sum(dim=0)
