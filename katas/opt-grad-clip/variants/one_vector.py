import torch


def clip_grad_norm_(params, max_norm, eps=1e-6):
    grads = []
    for param in params:
        if param.grad is not None:
            grads.append(param.grad.data)
    flat = torch.cat([torch.zeros(1, dtype=torch.float64), *(g.reshape(-1).double() for g in grads)])
    norm = (flat @ flat).sqrt().item()
    scale = max_norm / (norm + eps)
    if scale < 1:
        for grad in grads:
            grad.copy_(grad * scale)
    return norm
