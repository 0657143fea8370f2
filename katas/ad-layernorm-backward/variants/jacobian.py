import torch


def layer_norm_backward(dy, x, weight, eps=1e-5):
    n = x.shape[-1]
    flat, grad = x.reshape(-1, n), dy.reshape(-1, n)
    inverse = torch.rsqrt(flat.var(dim=1, correction=0, keepdim=True) + eps)
    normal = (flat - flat.mean(dim=1, keepdim=True)) * inverse
    eye = torch.eye(n, dtype=x.dtype)
    jacobian = (eye - 1 / n - normal.unsqueeze(2) * normal.unsqueeze(1) / n) * inverse.unsqueeze(2)
    dx = torch.einsum("ri,rij->rj", grad * weight, jacobian)
    return dx.reshape(x.shape), torch.einsum("ri,ri->i", grad, normal), grad.sum(0)
