import torch


def lr_at(step, max_lr, min_lr, warmup, total):
    left = max(total - warmup, 1)
    angle = torch.tensor(max(step - warmup, 0) / left, dtype=torch.float64).clamp(max=1.0) * torch.pi
    decay = min_lr + 0.5 * (max_lr - min_lr) * (1 + angle.cos())
    rise = max_lr * min(1.0, (step + 1) / warmup) if warmup else max_lr
    if step >= total:
        return float(min_lr)
    return float(rise if step < warmup else decay)
