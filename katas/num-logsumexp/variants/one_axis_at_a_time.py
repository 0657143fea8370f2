import torch


def logsumexp(x, dim, keepdim=False):
    dims = sorted(d % x.dim() for d in ([dim] if isinstance(dim, int) else dim))
    for d in dims:
        x = along(x, d)
    for d in reversed(dims):
        x = x if keepdim else x.squeeze(d)
    return x


def along(x, d):
    if x.shape[d] == 0:
        shape = list(x.shape)
        shape[d] = 1
        return x.new_full(shape, -torch.inf)
    top = x.max(dim=d, keepdim=True).values.detach()
    top = top.masked_fill(top.isinf(), 0.0)
    return torch.log(torch.sum(torch.exp(x - top), dim=d, keepdim=True)) + top
