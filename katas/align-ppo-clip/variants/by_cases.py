import torch


def ppo_clip_loss(logp, old_logp, adv, mask, clip=0.2):
    with torch.no_grad():
        old_logp = torch.where(mask, old_logp, logp)
        adv = torch.where(mask, adv, torch.zeros_like(adv))
    ratio = torch.exp(logp - old_logp)
    ceiling = torch.where(adv >= 0, adv * (1 + clip), adv * (1 - clip))
    bound = torch.minimum(ratio * adv, ceiling)
    return -(bound * mask).sum() / max(int(mask.sum()), 1)
