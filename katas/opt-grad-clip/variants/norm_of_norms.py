import torch


@torch.no_grad()
def clip_grad_norm_(params, max_norm, eps=1e-6):
    grads = [p.grad for p in params]
    grads = [g for g in grads if g is not None]
    if not grads:
        return 0.0
    norms = [torch.linalg.vector_norm(g.float() if g.dtype != torch.float64 else g).double() for g in grads]
    total = torch.linalg.vector_norm(torch.stack(norms)).item()
    if total + eps > max_norm:
        for g in grads:
            g *= max_norm / (total + eps)
    return total
