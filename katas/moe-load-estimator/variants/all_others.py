import torch


def expected_load(clean, noisy, noise_std, k):
    tokens, experts = clean.shape
    if k >= experts:
        return torch.full((experts,), float(tokens), dtype=clean.dtype)
    # each expert's row of the others, with itself out of the way
    others = noisy.unsqueeze(1).expand(tokens, experts, experts)
    others = others.masked_fill(torch.eye(experts, dtype=torch.bool), -torch.inf)
    limit = others.topk(k, dim=2).values[..., k - 1]
    normal = torch.distributions.Normal(0.0, 1.0)
    return normal.cdf((clean - limit) / noise_std).sum(0)
