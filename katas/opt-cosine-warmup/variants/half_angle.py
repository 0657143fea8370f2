import math


def lr_at(step, max_lr, min_lr, warmup, total):
    if step < warmup:
        return (step + 1) * (max_lr / warmup)
    done = min(1.0, (step - warmup) / (total - warmup)) if total > warmup else 1.0
    share = math.cos(0.5 * math.pi * done) ** 2
    return float(min_lr * (1 - share) + max_lr * share)
