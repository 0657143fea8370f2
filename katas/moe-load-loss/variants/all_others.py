import torch


def load_loss(x, w_gate, w_noise, noise, k, weight=1.0):
    clean = torch.einsum("td,de->te", x, w_gate)
    std = torch.logaddexp(x @ w_noise, torch.zeros((), dtype=x.dtype))
    noisy = clean + noise * std
    experts = clean.shape[1]
    if k < experts:
        others = noisy.unsqueeze(1).repeat(1, experts, 1)
        others = others.masked_fill(torch.eye(experts, dtype=torch.bool), -torch.inf)
        limit = others.sort(dim=2, descending=True).values[..., k - 1]
        p = torch.distributions.Normal(0.0, 1.0).cdf((clean - limit) / std)
    else:
        p = torch.ones_like(clean) + 0 * clean
    load = p.sum(dim=0)
    return load.var(correction=0) / (load.mean().pow(2) + 1e-10) * weight
