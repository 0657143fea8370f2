import torch


def ppo_clip_loss(logp, old_logp, adv, mask, clip=0.2):
    chosen, before, worth = logp[mask], old_logp[mask].detach(), adv[mask].detach()
    if chosen.numel() == 0:
        return logp.sum() * 0
    ratio = (chosen - before).exp()
    limited = torch.clip(ratio, 1 - clip, 1 + clip)
    return torch.max(-ratio * worth, -limited * worth).mean()
