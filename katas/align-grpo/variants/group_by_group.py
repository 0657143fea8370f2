import torch


def grpo_loss(logp, old_logp, ref_logp, rewards, mask, group_size, clip=0.2, beta=0.04):
    total = logp.new_zeros(())
    for first in range(0, len(rewards), group_size):
        group = rewards[first : first + group_size].detach()
        scores = (group - group.mean()) / (group.std(correction=0) + 1e-4)
        for row, score in enumerate(scores, start=first):
            counts = mask[row]
            if not counts.any():
                continue
            now = logp[row][counts]
            ratio = (now - old_logp[row][counts].detach()).exp()
            clipped = torch.clip(ratio, 1 - clip, 1 + clip)
            d = ref_logp[row][counts].detach() - now
            gain = torch.min(ratio * score, clipped * score) - beta * (torch.expm1(d) - d)
            total = total - gain.mean()
    return total / len(rewards)
