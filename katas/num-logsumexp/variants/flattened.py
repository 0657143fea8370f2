import torch


def logsumexp(x, dim, keepdim=False):
    dims = [dim] if isinstance(dim, int) else list(dim)
    dims = [d + x.dim() if d < 0 else d for d in dims]
    rest = [d for d in range(x.dim()) if d not in dims]
    shape = [x.shape[d] for d in rest]
    inside = 1
    for d in dims:
        inside *= x.shape[d]
    rows = x.permute(rest + dims).reshape(*shape, inside)
    if inside == 0:
        result = rows.sum(-1) - torch.inf
    else:
        top = rows.amax(-1, keepdim=True).clamp(min=torch.finfo(x.dtype).min, max=torch.finfo(x.dtype).max)
        lost = torch.nan_to_num((rows - top).exp().sum(-1), posinf=torch.inf).log()
        result = lost + top.squeeze(-1)
    return result.reshape([1 if d in dims else x.shape[d] for d in range(x.dim())]) if keepdim else result
