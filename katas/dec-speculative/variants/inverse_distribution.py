import torch


def verify(p, q, draft, u, generator):
    rows = torch.arange(len(draft))
    ratio = p[rows, draft] / q[rows, draft]
    accepted = (u < ratio).long().cumprod(0).sum().item()
    if accepted < len(draft):
        left = torch.relu(p[accepted] - q[accepted])
        weights = left / left.sum()
    else:
        weights = p[accepted]
    level = torch.rand((), generator=generator, dtype=torch.float64)
    below = weights.double().cumsum(0)
    token = int((below <= level * below[-1]).sum())
    return [*draft[:accepted].tolist(), token]
