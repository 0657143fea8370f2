"""The learning rate of a cosine schedule with linear warm-up.

    s < w       max (s + 1) / w
    s < n       min + (max - min) (1 + cos(pi (s - w) / (n - w))) / 2
    otherwise   min

Loshchilov, Hutter 2016, equation 5, behind a warm-up as in Goyal et al. 2017. s is the step, w the number of
steps of warm-up, n that of all.
"""

import math


def lr_at(step: int, max_lr: float, min_lr: float, warmup: int, total: int) -> float:
    """Return the learning rate of a step, counted from 0."""
    # Up in a straight line; the first step moves already, the last one reaches the maximum.
    if step < warmup:
        return max_lr * (step + 1) / warmup

    # A cosine would rise again.
    if step >= total:
        return float(min_lr)

    # Down along half a cosine, from 0 to 1 over what is left after the warm-up.
    progress = (step - warmup) / (total - warmup)
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2
