import math

import torch


@torch.no_grad()
def adamw_step(p, grad, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    if grad is None:
        return
    m, v, t = state.setdefault("moments", [torch.zeros_like(p), torch.zeros_like(p), 0])
    t += 1
    m = betas[0] * m + (1 - betas[0]) * grad
    v = betas[1] * v + (1 - betas[1]) * grad * grad
    state["moments"] = [m, v, t]
    scale = math.sqrt(1 - betas[1] ** t)
    p.copy_(p - lr * weight_decay * p)
    p.addcdiv_(m, v.sqrt().add(eps * scale), value=-lr * scale / (1 - betas[0] ** t))
