import torch


def grpo_loss(logp, old_logp, ref_logp, rewards, mask, group_size, clip=0.2, beta=0.04):
    with torch.no_grad():
        table = rewards.reshape(-1, group_size)
        var, mean = torch.var_mean(table, dim=1, correction=0, keepdim=True)
        a = ((table - mean) / (var.sqrt() + 1e-4)).flatten().unsqueeze(1).expand_as(mask)
        weight = mask.to(logp.dtype) / mask.sum(1, keepdim=True).clamp(min=1) / len(mask)
        old, ref = (torch.where(mask, t, logp) for t in (old_logp, ref_logp))
    r = torch.exp(torch.where(mask, logp - old, 0))
    worse = torch.where(a >= 0, r.clamp(max=1 + clip), r.clamp(min=1 - clip)) * a
    away = torch.where(mask, logp - ref, 0)
    return (weight * (beta * ((-away).exp() + away - 1) - worse)).sum().to(logp.dtype)
