import torch


def q_sample(x0, t, noise, alpha_bar):
    signal, rest = torch.sqrt(alpha_bar), torch.sqrt(1 - alpha_bar)
    return torch.stack([signal[s] * x + rest[s] * e for x, s, e in zip(x0, t, noise, strict=True)])


def ddpm_loss(model, x0, t, noise, alpha_bar):
    error = model(q_sample(x0, t, noise, alpha_bar), t) - noise
    return (error * error).sum() / error.numel()
