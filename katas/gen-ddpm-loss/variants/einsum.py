import torch


def q_sample(x0, t, noise, alpha_bar):
    kept = alpha_bar.gather(0, t)
    return torch.einsum("b,b...->b...", kept**0.5, x0) + torch.einsum(
        "b,b...->b...", (1 - kept) ** 0.5, noise
    )


def ddpm_loss(model, x0, t, noise, alpha_bar):
    x_t = q_sample(x0, t, noise, alpha_bar)
    return torch.nn.functional.mse_loss(model(x_t, t), noise)
