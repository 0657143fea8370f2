import torch


def router_z_loss(logits, mask=None):
    logits = logits if logits.dtype == torch.float64 else logits.to(torch.float32)
    if mask is None:
        mask = torch.ones(logits.shape[:-1], dtype=torch.bool)
    safe = torch.where(mask.unsqueeze(-1), logits, torch.zeros_like(logits))
    top = safe.detach().max(dim=-1, keepdim=True).values
    z = top.squeeze(-1) + (safe - top).exp().sum(dim=-1).log()
    return (z.pow(2) * mask).sum() / mask.sum().clamp(min=1)
