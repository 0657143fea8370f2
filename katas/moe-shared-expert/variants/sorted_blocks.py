import torch


def shared_expert_layer(u, shared, routed, weights, idx, scale=1.0):
    k = idx.shape[1]
    everyone = sum((expert(u) for expert in shared), torch.zeros_like(u))
    order = idx.reshape(-1).argsort(stable=True)
    counts = idx.reshape(-1).bincount(minlength=len(routed)).tolist()
    blocks = (u[order // k]).split(counts)
    answers = [expert(block) for expert, block in zip(routed, blocks, strict=True) if len(block)]
    chosen = torch.zeros_like(u)
    if answers:
        weighed = torch.cat(answers) * weights.reshape(-1)[order].unsqueeze(-1)
        chosen = chosen.index_add(0, order // k, weighed)
    return u + everyone + scale * chosen
