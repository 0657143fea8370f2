import torch


def noisy_top_k_gating(x, w_gate, w_noise, k, noise=None, train=True):
    h = torch.einsum("td,de->te", x, w_gate)
    if train:
        z = torch.einsum("td,de->te", x, w_noise)
        strength = torch.logaddexp(z, torch.zeros_like(z))
        if noise is None:
            noise = torch.distributions.Normal(0.0, 1.0).sample(h.shape).to(h.dtype)
        h = torch.addcmul(h, noise, strength)
    places = h.argsort(dim=1, descending=True)[:, :k]
    return torch.zeros_like(h).scatter(1, places, h.gather(1, places).softmax(dim=1))
