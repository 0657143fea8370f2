import torch


def _safe(m):
    return torch.where(torch.isinf(m), torch.zeros_like(m), m)


def merge_stats(m1, l1, m2, l2):
    m = torch.stack([m1, m2]).amax(0)
    scale = torch.exp(torch.stack([m1, m2]) - _safe(m))
    return m, (torch.stack([l1, l2]) * scale).sum(0)


def online_stats(blocks):
    parts = []
    for block in blocks:
        m = block.max(dim=-1).values
        parts.append((m, (block - _safe(m)[..., None]).exp().sum(-1)))
    while len(parts) > 1:
        pairs = [merge_stats(*parts[i], *parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
        parts = pairs + ([parts[-1]] if len(parts) % 2 else [])
    return parts[0]
